//! What a page says of itself to those who show it elsewhere: search engines, feed readers, chats.

use kernel::text::Lang;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use crate::{View, escaped};

/// Said in the head of a page that everybody may see. Paths are of this site and become whole addresses.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// In a sentence or two, in the reader's language.
    pub description: Option<String>,
    /// Words that it wants to be found by, parted by commas.
    pub keywords: Option<String>,
    /// The path that stands for this page, without what only filters it or follows those who read.
    pub canonical: Option<String>,
    /// The path of a picture.
    pub image: Option<String>,
    /// What Open Graph calls it: `website`, `product`, `profile`.
    pub kind: Option<&'static str>,
    /// What a feed is called, and its path.
    pub feeds: Vec<(String, String)>,
    /// What it is in the words of schema.org.
    pub data: Vec<Value>,
    /// Search engines leave it out: it holds what others hold.
    pub unlisted: bool,
}

/// The languages with the name that search engines know and the one that our addresses take.
const LANGS: [(&str, Lang); 2] = [("en", Lang::En), ("zh-CN", Lang::Zh)];

impl Head {
    /// A page with a description and an address of its own.
    pub fn of(description: impl Into<String>, canonical: impl Into<String>) -> Self {
        Self { description: Some(description.into()), canonical: Some(canonical.into()), ..Self::default() }
    }

    pub(crate) fn render(&self, view: &View, title: &str) -> Markup {
        let whole = |path: &str| format!("{}{path}", view.origin);
        let own = self.canonical.as_deref().map(|path| whole(&asked_in(view, path)));
        html! {
            @if self.unlisted { meta name="robots" content="noindex"; }
            @if let Some(keywords) = &self.keywords { meta name="keywords" content=(keywords); }
            @if let Some(own) = &own {
                link rel="canonical" href=(own);
                meta property="og:url" content=(own);
            }
            @if let Some(path) = &self.canonical {
                @for (name, lang) in LANGS { link rel="alternate" hreflang=(name) href=(whole(&in_lang(path, lang))); }
                link rel="alternate" hreflang="x-default" href=(whole(path));
            }
            @for (name, path) in &self.feeds { link rel="alternate" type="application/atom+xml" title=(name) href=(path); }
            @if let Some(kind) = self.kind {
                meta property="og:type" content=(kind);
                meta property="og:title" content=(title);
                meta property="og:site_name" content=(view.of(&view.site));
                meta property="og:locale" content=(match view.lang { Lang::En => "en_US", Lang::Zh => "zh_CN" });
                @if let Some(description) = &self.description { meta property="og:description" content=(description); }
                @if let Some(image) = &self.image { meta property="og:image" content=(whole(image)); }
            }
            // It is read by machines and never run, so that the policy for scripts does not concern it.
            @for data in &self.data { script type="application/ld+json" { (PreEscaped(inert(data))) } }
        }
    }
}

/// Nothing in a text can end the element that it stands in.
fn inert(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A path that is shown in one language, whoever asks.
pub fn in_lang(path: &str, lang: Lang) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}lang={}", escaped(lang.as_str()))
}

/// Each language's page stands for itself when it was asked for by its address.
fn asked_in(view: &View, path: &str) -> String {
    match view.query("lang").and_then(|lang| lang.parse().ok()) {
        Some(lang) => in_lang(path, lang),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gallery::sample_view;

    #[test]
    fn a_page_names_itself_and_its_other_languages() {
        let head = Head { kind: Some("product"), ..Head::of("Reads logs", "/products/prd_1") };
        let view = View { path: "/products/prd_1?spec=a&lang=zh".to_owned(), ..sample_view() };
        let html = head.render(&view, "Log Lens").into_string();
        let own = format!("<link rel=\"canonical\" href=\"{}/products/prd_1?lang=zh\">", view.origin);
        assert!(html.contains(&own), "{html}");
        assert!(html.contains("hreflang=\"zh-CN\"") && html.contains("hreflang=\"x-default\""), "{html}");
        assert!(html.contains("<meta property=\"og:title\" content=\"Log Lens\">"), "{html}");
    }

    #[test]
    fn structured_data_cannot_leave_its_element() {
        let head = Head { data: vec![json!({"name": "</script><script>alert(1)"})], ..Head::default() };
        let html = head.render(&sample_view(), "").into_string();
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        assert_eq!(html.matches("</script>").count(), 1, "{html}");
    }
}
