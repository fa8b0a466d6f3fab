//! Texts that people wrote with some form: Markdown, turned into HTML and cleaned.

use std::{collections::HashSet, sync::LazyLock};

use ammonia::Builder;
use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

/// Only what a description needs; no pictures, since they would be loaded from elsewhere.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    let tags = [
        "p",
        "br",
        "strong",
        "em",
        "del",
        "ul",
        "ol",
        "li",
        "h3",
        "h4",
        "h5",
        "blockquote",
        "code",
        "pre",
        "hr",
        "a",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ];
    cleaner.tags(HashSet::from(tags)).url_schemes(HashSet::from(["https", "mailto"]));
    cleaner.link_rel(Some("noopener noreferrer nofollow ugc"));
    cleaner
});

/// Markdown as HTML that is safe to show.
pub fn rich(text: &str) -> Markup {
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    options.insert(Options::ENABLE_STRIKETHROUGH);
    let mut html = String::new();
    push_html(&mut html, nested(Parser::new_ext(text, options)));
    PreEscaped(CLEANER.clean(&html).to_string())
}

/// Headings begin below those of the page and go down one step at a time, whatever levels were written.
#[expect(clippy::wildcard_enum_match_arm, reason = "only headings are changed, whatever else Markdown knows")]
fn nested<'t>(events: impl Iterator<Item = Event<'t>>) -> impl Iterator<Item = Event<'t>> {
    let mut above: Vec<HeadingLevel> = Vec::new();
    events.map(move |event| match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            above.retain(|higher| *higher < level);
            above.push(level);
            Event::Start(Tag::Heading { level: shown(above.len()), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Heading(shown(above.len()))),
        other => other,
    })
}

fn shown(depth: usize) -> HeadingLevel {
    match depth {
        0 | 1 => HeadingLevel::H3,
        2 => HeadingLevel::H4,
        _ => HeadingLevel::H5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_or_load_is_taken_out() {
        let wrote = "# Hello\n\n<script>alert(1)</script><img src=x onerror=alert(1)>\n\n**bold** \
                     [bad](javascript:alert) [good](https://example.com) <b onclick=x>b</b>";
        let html = rich(wrote).into_string();
        for gone in ["script", "img", "onerror", "onclick", "javascript"] {
            assert!(!html.contains(gone), "{gone}: {html}");
        }
        assert!(html.contains("<h3>Hello</h3>") && html.contains("<strong>bold</strong>"), "{html}");
        assert!(html.contains("rel=\"noopener noreferrer nofollow ugc\""), "{html}");
    }

    #[test]
    fn headings_go_down_one_step_at_a_time() {
        let html = rich("## What it does\n\n#### Closely\n\n# Prices").into_string();
        assert!(html.contains("<h3>What it does</h3>") && html.contains("<h4>Closely</h4>"), "{html}");
        assert!(html.contains("<h3>Prices</h3>"), "{html}");
    }
}
