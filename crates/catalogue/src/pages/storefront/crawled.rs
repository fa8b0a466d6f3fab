//! For search engines and feed readers: `robots.txt`, the map of the site in parts, and Atom feeds of what is new.

use accounts::Visit;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use kernel::{Error, Thing, Timestamp, id::AccountId, text::Lang};
use platform::http::{Access, PathParam, Problem, Routes};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use ui::{View, in_lang};

use crate::{
    Catalogue,
    actions::{Feed, Followed},
};

type Xml = Writer<Vec<u8>>;
type Written = std::io::Result<()>;

/// What only those see who are signed in, what only helps those who type, and what cuts the same list ever anew.
const CLOSED: [&str; 8] =
    ["/api/", "/console", "/seller/", "/operator", "/checkout", "/suggest", "/compare?", "/search?q="];

async fn robots(visit: Visit) -> Response {
    let closed = CLOSED.map(|path| format!("Disallow: {path}")).join("\n");
    let text = format!("User-agent: *\n{closed}\n\nSitemap: {}/sitemap.xml\n", visit.view.origin);
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

async fn map(State(catalogue): State<Catalogue>, visit: Visit) -> Result<Response, Problem> {
    let parts = catalogue.map_parts(&mut catalogue.app.db.read()).await?;
    let names = std::iter::once("pages.xml".to_owned()).chain((1..=parts).map(|part| format!("products-{part}.xml")));
    let names: Vec<String> = names.collect();
    xml("application/xml; charset=utf-8", |xml| {
        let root = xml.create_element("sitemapindex").with_attribute(("xmlns", SITEMAP));
        root.write_inner_content(|xml| {
            for name in &names {
                let place = format!("{}/sitemaps/{name}", visit.view.origin);
                xml.create_element("sitemap").write_inner_content(|xml| text(xml, "loc", &place))?;
            }
            Ok(())
        })?;
        Ok(())
    })
}

const SITEMAP: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

async fn part(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(name): PathParam<String>,
) -> Result<Response, Problem> {
    let tx = &mut catalogue.app.db.read();
    let mut places: Vec<(String, Option<Timestamp>)> = Vec::new();
    if name == "pages.xml" {
        let (sellers, categories) = catalogue.map_others(tx).await?;
        let fixed = ["/", "/search", "/sellers", "/help"].map(str::to_owned);
        let categories = categories.into_iter().map(|code| format!("/search?category={}", ui::escaped(&code)));
        let sellers = sellers.into_iter().map(|account| format!("/sellers/{account}"));
        places.extend(fixed.into_iter().chain(categories).chain(sellers).map(|path| (path, None)));
    } else {
        let number = name.strip_prefix("products-").and_then(|rest| rest.strip_suffix(".xml"));
        let number = number.and_then(|number| number.parse().ok()).ok_or(Error::NotFound(Thing::Page))?;
        let listed = catalogue.map_part(tx, number).await?;
        places.extend(listed.into_iter().map(|one| (format!("/products/{}", one.id), Some(one.changed_at))));
    }
    xml("application/xml; charset=utf-8", |xml| {
        let root = xml.create_element("urlset").with_attribute(("xmlns", SITEMAP));
        root.with_attribute(("xmlns:xhtml", "http://www.w3.org/1999/xhtml")).write_inner_content(|xml| {
            places.iter().try_for_each(|(path, changed_at)| place(xml, &visit.view, path, *changed_at))
        })?;
        Ok(())
    })
}

/// An address with the same in each language.
fn place(xml: &mut Xml, view: &View, path: &str, changed_at: Option<Timestamp>) -> Written {
    xml.create_element("url").write_inner_content(|xml| {
        text(xml, "loc", &format!("{}{path}", view.origin))?;
        if let Some(at) = changed_at {
            text(xml, "lastmod", &at.to_string())?;
        }
        for (name, lang) in [("en", Lang::En), ("zh-CN", Lang::Zh)] {
            let href = format!("{}{}", view.origin, in_lang(path, lang));
            let link = xml.create_element("xhtml:link").with_attribute(("rel", "alternate"));
            link.with_attribute(("hreflang", name)).with_attribute(("href", href.as_str())).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

async fn everything(State(catalogue): State<Catalogue>, visit: Visit) -> Result<Response, Problem> {
    feed(&catalogue, &visit.view, &Followed::Everything).await
}

async fn of_category(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(code): PathParam<String>,
) -> Result<Response, Problem> {
    feed(&catalogue, &visit.view, &Followed::Category(code)).await
}

async fn of_seller(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(account): PathParam<AccountId>,
) -> Result<Response, Problem> {
    feed(&catalogue, &visit.view, &Followed::Seller(account)).await
}

async fn feed(catalogue: &Catalogue, view: &View, followed: &Followed) -> Result<Response, Problem> {
    let found = catalogue.feed(&mut catalogue.app.db.read(), followed).await?;
    let now = catalogue.app.clock.now();
    let page = match followed {
        Followed::Everything => "/search?sort=newest".to_owned(),
        Followed::Category(code) => format!("/search?category={}", ui::escaped(code)),
        Followed::Seller(account) => format!("/sellers/{account}"),
    };
    xml("application/atom+xml; charset=utf-8", |xml| {
        let root = xml.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
        root.with_attribute(("xml:lang", view.lang_tag()))
            .write_inner_content(|xml| atom(xml, view, &found, (&page, now)))?;
        Ok(())
    })
}

fn atom(xml: &mut Xml, view: &View, feed: &Feed, (page, now): (&str, Timestamp)) -> Written {
    let site = view.of(&view.site);
    let title = match &feed.of {
        None => view.ta("storefront-feed", &[("site", site.into())]),
        Some(name) => view.ta("storefront-feed-of", &[("site", site.into()), ("name", view.of(name).into())]),
    };
    let own = in_lang(view.here(), view.lang);
    let link = |xml: &mut Xml, rel: &str, path: &str| {
        let href = format!("{}{path}", view.origin);
        let link = xml.create_element("link").with_attribute(("rel", rel)).with_attribute(("href", href.as_str()));
        link.write_empty().map(|_| ())
    };
    text(xml, "title", &title)?;
    text(xml, "id", &format!("{}{own}", view.origin))?;
    let latest = feed.entries.iter().map(|entry| entry.listed_at).max().unwrap_or(now);
    text(xml, "updated", &latest.to_string())?;
    link(xml, "self", &own)?;
    link(xml, "alternate", page)?;
    for entry in &feed.entries {
        xml.create_element("entry").write_inner_content(|xml| {
            let path = format!("/products/{}", entry.product);
            text(xml, "title", view.of(&entry.name))?;
            text(xml, "id", &format!("{}{path}", view.origin))?;
            text(xml, "published", &entry.listed_at.to_string())?;
            text(xml, "updated", &entry.listed_at.to_string())?;
            xml.create_element("author").write_inner_content(|xml| text(xml, "name", &entry.seller_name))?;
            for code in &entry.categories {
                xml.create_element("category").with_attribute(("term", code.as_str())).write_empty()?;
            }
            link(xml, "alternate", &path)?;
            text(xml, "summary", view.of(&entry.summary))
        })?;
    }
    Ok(())
}

fn text(xml: &mut Xml, name: &str, text: &str) -> Written {
    xml.create_element(name).write_text_content(BytesText::new(text)).map(|_| ())
}

fn xml(kind: &'static str, write: impl FnOnce(&mut Xml) -> Written) -> Result<Response, Problem> {
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None))).map_err(Error::fault)?;
    write(&mut xml).map_err(Error::fault)?;
    let kept = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=600"),
        (header::VARY, "cookie, accept-language"),
    ];
    Ok((kept, xml.into_inner()).into_response())
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/robots.txt", robots, Access::Public)
        .page("/sitemap.xml", map, Access::Public)
        .page("/sitemaps/{part}", part, Access::Public)
        .page("/feeds/products.xml", everything, Access::Public)
        .page("/feeds/categories/{code}", of_category, Access::Public)
        .page("/feeds/sellers/{account}", of_seller, Access::Public)
        .done()
}
