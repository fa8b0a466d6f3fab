//! What is around every page: head, header, the ways to other pages, the language and the brightness.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::text::Lang;
use maud::{DOCTYPE, Markup, html};

use platform::http::Problem;

use crate::{Head, Theme, View, assets, field::form, mistakes::sentence, table::escaped, texts};

/// Where in the product a page is: which of the four places, and which entry of its navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Storefront(&'static str),
    /// The buyer's console.
    Console(&'static str),
    Seller(&'static str),
    Operator(&'static str),
}

/// The entries of a place's navigation: the word and the address.
type Ways = &'static [(&'static str, &'static str)];

const CONSOLE: Ways = &[
    ("home", "/console"),
    ("instances", "/console/instances"),
    ("packages", "/console/packages"),
    ("orders", "/console/orders"),
    ("reviews", "/console/reviews"),
    ("favourites", "/console/favourites"),
    ("catalogue", "/console/catalogue"),
    ("private-offers", "/console/private-offers"),
    ("coupons", "/console/coupons"),
    ("wallet", "/console/wallet"),
    ("messages", "/console/messages"),
    ("verification", "/console/verification"),
    ("team", "/console/team"),
    ("keys", "/console/keys"),
    ("security", "/console/security"),
];

const SELLER: Ways = &[
    ("home", "/seller"),
    ("products", "/seller/products"),
    ("coupons", "/seller/coupons"),
    ("private-offers", "/seller/private-offers"),
    ("orders", "/seller/orders"),
    ("customers", "/seller/customers"),
    ("reviews", "/seller/reviews"),
    ("licences", "/seller/licences"),
    ("usage", "/seller/usage"),
    ("production", "/seller/production"),
    ("debugger", "/seller/debugger"),
    ("settings", "/seller/settings"),
];

const APPLICANT: Ways = &[("onboarding", "/seller/onboarding")];

const OPERATOR: Ways = &[
    ("home", "/operator"),
    ("storefront", "/operator/storefront"),
    ("products", "/operator/products"),
    ("reported-reviews", "/operator/reported-reviews"),
    ("sellers", "/operator/sellers"),
    ("verifications", "/operator/verifications"),
    ("accounts", "/operator/accounts"),
    ("orders", "/operator/orders"),
    ("refunds", "/operator/refunds"),
    ("transfers", "/operator/transfers"),
    ("search", "/operator/search"),
    ("coupons", "/operator/coupons"),
    ("announcements", "/operator/announcements"),
    ("policy", "/operator/policy"),
    ("jobs", "/operator/jobs"),
    ("audit", "/operator/audit"),
    ("staff", "/operator/staff"),
];

/// Scripts and styles from here only, nothing inline, nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A whole page as an answer.
pub struct Page {
    status: StatusCode,
    markup: Markup,
}

impl Page {
    /// The same page with another status than 200, such as 422 for a form that is shown again.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// A form that is shown again with its mistakes.
    #[must_use]
    pub fn refused(self) -> Self {
        self.status(StatusCode::UNPROCESSABLE_ENTITY)
    }

    pub fn markup(&self) -> &Markup {
        &self.markup
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.markup).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
        response
    }
}

/// A page in one of the four places.
pub fn page(view: &View, place: Place, title: &str, body: &Markup) -> Page {
    page_with(view, place, (title, &Head::default()), body)
}

/// The same with what it says of itself to search engines and feed readers.
pub fn page_with(view: &View, place: Place, (title, head): (&str, &Head), body: &Markup) -> Page {
    let ways = match place {
        Place::Storefront(_) => None,
        Place::Console(at) => Some(("nav-console", CONSOLE, at)),
        // Who is not admitted yet has one way there.
        Place::Seller(at) if view.viewer.as_ref().is_some_and(|viewer| viewer.is_seller) => {
            Some(("nav-seller", SELLER, at))
        }
        Place::Seller(_) => Some(("nav-seller", APPLICANT, "onboarding")),
        Place::Operator(at) => Some(("nav-operator", OPERATOR, at)),
    };
    let content = match ways {
        None => html! { main #main tabindex="-1" { (body) } },
        Some((words, ways, at)) => html! {
            div.console {
                nav.side aria-label=(view.t("ui-sections")) { (links(view, words, ways, at)) }
                main #main tabindex="-1" { (body) }
            }
        },
    };
    let class = if ways.is_some() { "in-console" } else { "in-store" };
    document(view, (title, head), class, &html! { (top(view, place, ways)) (content) (foot(view)) })
}

/// A page for one thing only, such as signing in.
pub fn bare(view: &View, title: &str, body: &Markup) -> Page {
    let content = html! {
        header.top { div.top-row { (brand(view)) span.grow {} (switches(view)) } }
        main.narrow #main tabindex="-1" { (body) }
    };
    document(view, (title, &Head::default()), "bare", &content)
}

/// What a person sees instead of a page when it is refused, is not there, or failed through our fault.
pub fn trouble(view: &View, problem: &Problem) -> Page {
    let title = match problem.status() {
        403 => view.t("trouble-forbidden"),
        404 | 405 => view.t("trouble-missing"),
        429 => view.t("trouble-often"),
        500.. => view.t("trouble-fault"),
        _ => view.t("trouble-refused"),
    };
    let (way, name) = match problem.code() {
        "forbidden.seller" => ("/seller/onboarding", "ui-sell"),
        _ => ("/", "trouble-home"),
    };
    bare(
        view,
        &title,
        &html! {
            h1 { (title) }
            p.lead { (sentence(problem.text(view.lang))) }
            p.row { a.button.primary href=(way) { (view.t(name)) } }
        },
    )
}

fn document(view: &View, (title, head): (&str, &Head), class: &str, content: &Markup) -> Page {
    let site = view.of(&view.site);
    let markup = html! {
        (DOCTYPE)
        html lang=(view.lang_tag()) data-theme=(view.theme.as_str()) {
            head {
                meta charset="utf-8";
                title { @if title == site { (site) } @else { (title) " · " (site) } }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content=(match view.theme {
                    Theme::Auto => "light dark",
                    Theme::Light => "light",
                    Theme::Dark => "dark",
                });
                @match &head.description {
                    Some(description) => { meta name="description" content=(description); }
                    None => { meta name="description" content=(view.ta("ui-description", &[("site", site.into())])); }
                }
                (head.render(view, title))
                link rel="icon" href=(assets::mark()) type="image/svg+xml";
                link rel="stylesheet" href=(assets::style());
                script src=(assets::script()) type="module" {}
            }
            body class=(class) data-go=(view.t("ui-go")) data-go-hint=(view.t("ui-go-hint")) {
                a.skip href="#main" { (view.t("ui-skip")) }
                (content)
                (toast(view))
            }
        }
    };
    Page { status: StatusCode::OK, markup }
}

fn brand(view: &View) -> Markup {
    html! {
        a.brand href="/" {
            img src=(assets::mark()) alt="" width="28" height="28";
            span { (view.of(&view.site)) }
        }
    }
}

fn top(view: &View, place: Place, ways: Option<(&'static str, Ways, &'static str)>) -> Markup {
    let in_store = matches!(place, Place::Storefront(_));
    // Where the page has a large search field of its own, a second one would only be in the way.
    let searches = !matches!(place, Place::Storefront("home" | "search"));
    html! {
        header.top {
            div.top-row {
                (brand(view))
                @if searches {
                    form.top-search action="/search" method="get" role="search" data-suggest="/suggest" {
                        label.unseen for="top-q" { (view.t("ui-search")) }
                        input #top-q type="search" name="q" placeholder=(view.t("ui-search-hint")) autocomplete="off" data-shortcut="/";
                    }
                } @else { span.grow {} }
                nav.places aria-label=(view.t("ui-places")) { (places(view, place)) }
                (switches(view))
                (account(view))
                details.menu.burger data-menu {
                    summary aria-label=(view.t("ui-menu")) { span.burger-lines aria-hidden="true" {} }
                    div.menu-box {
                        nav aria-label=(view.t("ui-menu")) {
                            @if let Some((words, ways, at)) = ways { (links(view, words, ways, at)) hr; }
                            div.menu-places { (places(view, place)) }
                        }
                    }
                }
            }
            @if in_store {
                nav.store-nav aria-label=(view.t("ui-store")) {
                    @for (word, href) in STORE {
                        @let here = place == Place::Storefront(word);
                        a href=(href) aria-current=[here.then_some("page")] { (view.word("nav-store", word)) }
                    }
                }
            }
        }
    }
}

const STORE: Ways = &[("home", "/"), ("search", "/search"), ("compare", "/compare"), ("help", "/help")];

fn links(view: &View, words: &'static str, ways: Ways, at: &str) -> Markup {
    html! {
        @for (word, href) in ways {
            a href=(href) aria-current=[(*word == at).then_some("page")] {
                (view.word(words, word))
                @if *href == "/console/messages" { span.count data-load="/console/messages/unread" {} }
            }
        }
    }
}

/// The places that somebody may go to.
fn places(view: &View, place: Place) -> Markup {
    let Some(viewer) = &view.viewer else { return html! {} };
    let ways = [
        (true, "store", "/", matches!(place, Place::Storefront(_))),
        (viewer.is_buyer, "console", "/console", matches!(place, Place::Console(_))),
        (
            viewer.is_buyer,
            "seller",
            if viewer.is_seller { "/seller" } else { "/seller/onboarding" },
            matches!(place, Place::Seller(_)),
        ),
        (viewer.is_operator, "operator", "/operator", matches!(place, Place::Operator(_))),
    ];
    html! {
        @for (_, word, href, here) in ways.into_iter().filter(|(shown, ..)| *shown) {
            a href=(href) aria-current=[here.then_some("true")] { (view.word("place", word)) }
        }
    }
}

fn switches(view: &View) -> Markup {
    let back = html! { input type="hidden" name="back" value=(view.path); };
    let lang = |lang: &str, name: &str, own: bool| {
        html! { button type="submit" name="lang" value=(lang) lang=(if lang == "zh" { "zh-CN" } else { lang }) aria-pressed=(own) { (name) } }
    };
    html! {
        details.menu data-menu {
            @let own = match view.lang { Lang::En => "EN", Lang::Zh => "中" };
            summary aria-label={ (own) " · " (view.t("ui-preferences")) } { span aria-hidden="true" { (own) } }
            div.menu-box.preferences {
                (form(view, "/preferences", &html! {
                    (back)
                    fieldset { legend { (view.t("ui-language")) }
                        div.segmented { (lang("en", "English", view.lang == Lang::En)) (lang("zh", "中文", view.lang == Lang::Zh)) }
                    }
                    fieldset { legend { (view.t("ui-theme")) }
                        div.segmented {
                            @for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
                                button type="submit" name="theme" value=(theme.as_str()) aria-pressed=(theme == view.theme) { (view.word("ui-theme", theme.as_str())) }
                            }
                        }
                    }
                    (zones(view))
                }))
            }
        }
    }
}

/// One zone for each of the clocks that people live by; any other one is had by the device's.
const ZONES: [&str; 26] = [
    "Pacific/Auckland",
    "Australia/Sydney",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Singapore",
    "Asia/Bangkok",
    "Asia/Jakarta",
    "Asia/Kolkata",
    "Asia/Dubai",
    "Asia/Riyadh",
    "Europe/Moscow",
    "Europe/Istanbul",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Europe/Berlin",
    "Europe/London",
    "UTC",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Mexico_City",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
];

fn zones(view: &View) -> Markup {
    let own = view.zone.iana_name().unwrap_or("UTC");
    let other = view.own_zone && !ZONES.contains(&own);
    html! {
        div.zone {
            label for="zone" { (view.t("ui-zone")) }
            div.segmented {
                select #zone name="zone" {
                    option value="" selected[!view.own_zone] { (view.t("ui-zone-device")) @if !view.own_zone { " · " (own) } }
                    @if other { option value=(own) selected { (own) } }
                    @for zone in ZONES { option value=(zone) selected[view.own_zone && zone == own] { (zone.replace('_', " ")) } }
                }
                button type="submit" { (view.t("ui-zone-use")) }
            }
        }
    }
}

fn account(view: &View) -> Markup {
    let Some(viewer) = &view.viewer else {
        return html! {
            a.button.quiet.sign-in href={ "/sign-in?next=" (escaped(&view.path)) } { (view.t("ui-sign-in")) }
            a.button.primary.sign-up href="/sign-up" { (view.t("ui-sign-up")) }
        };
    };
    let initial: String = viewer.account.chars().take(1).flat_map(char::to_uppercase).collect();
    html! {
        details.menu data-menu {
            summary aria-label={ (view.t("ui-account")) ": " (viewer.account) } { span.avatar aria-hidden="true" { (initial) } }
            div.menu-box {
                p.menu-who { strong { (viewer.account) } span { (viewer.user) } }
                a href="/console/messages" { (view.word("nav-console", "messages")) }
                a href="/console/security" { (view.word("nav-console", "security")) }
                @if viewer.is_buyer { a href="/console/team" { (view.word("nav-console", "team")) } }
                (form(view, "/sign-out", &html! { button.menu-button type="submit" { (view.t("ui-sign-out")) } }))
            }
        }
    }
}

fn foot(view: &View) -> Markup {
    html! {
        footer.foot {
            p { (view.ta("ui-foot", &[("site", view.of(&view.site).into())])) }
            nav aria-label=(view.t("ui-foot-nav")) {
                a href="/help" { (view.word("nav-store", "help")) }
                a href="/api/v1/openapi.json" { (view.t("ui-api")) }
                a href="/sellers" { (view.t("ui-sell")) }
            }
        }
    }
}

/// What has just been done, said once: `?done=…` names a text `done-…`.
fn toast(view: &View) -> Markup {
    let done = view.query("done").filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
    html! {
        div.toasts role="status" aria-live="polite" {
            @if let Some(word) = done && texts::is_known(&format!("done-{word}")) {
                p.toast data-toast { (view.word("done", word)) }
            }
        }
    }
}
