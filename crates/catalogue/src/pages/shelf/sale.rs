//! Taking a product, an edition or one choice off sale: the application, and what became of earlier ones.

use accounts::{Buyer, Member, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use documents::Purpose;
use kernel::{
    Error, Invalid, Page, PageQuery,
    id::{ProductId, RemovalId, SkuId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Once, PathParam, Problem, Query, Routes, Upload},
};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Table, Tone, View, notice};

use super::{Own, frame};
use crate::{
    Catalogue, ProductState,
    actions::{Application, Applied},
    pages::labels::removal_badge,
    rules::{REASON_MAX, Release, RemovalState},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/sale", show, Access::Seller)
        .form("/seller/products/{product}/sale", apply, Access::Seller)
        .form("/seller/removals/{removal}/withdraw", withdraw, Access::Seller)
        .done()
}

/// The page: what is on sale of a product, and what its seller has applied for.
struct Sheet {
    own: Own,
    /// What can be taken off: a value and what it is called.
    targets: Vec<Choice>,
    applied: Page<Applied>,
    days: u32,
}

impl Sheet {
    async fn of(
        catalogue: &Catalogue,
        (tx, view): (&mut Tx, &View),
        seller: &Seller,
        id: ProductId,
        page: PageQuery,
    ) -> Result<Self, Problem> {
        let page = page.checked().map_err(Error::from)?;
        let own = Own::of(catalogue, tx, seller, id).await?;
        let found = catalogue.own_removals(tx, seller, Some(id), page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for removal in found.items {
            items.push(catalogue.applied(tx, removal).await?);
        }
        let targets = match catalogue.own_release(tx, seller, id).await? {
            Some(release) => targets(view, &release),
            None => Vec::new(),
        };
        let days = catalogue.policies.current().await?.review.removal_days;
        Ok(Self { own, targets, applied: Page { items, next_cursor: found.next_cursor }, days })
    }
}

/// All that is on sale: the product, its editions, and each choice where an edition has several.
fn targets(view: &View, release: &Release) -> Vec<Choice> {
    let mut found = vec![Choice::new("", view.t("sale-whole"))];
    for spec in &release.listing.specs {
        let offers: Vec<_> = release.offers.values().filter(|offer| offer.spec_code == spec.code).collect();
        if offers.is_empty() {
            continue;
        }
        let name = view.of(&spec.name);
        let text = view.ta("sale-edition", &[("name", name.into())]);
        found.push(Choice::new(format!("spec:{}", spec.code), text));
        for offer in offers.iter().filter(|offer| offers.len() > 1 && !offer.choices.is_empty()) {
            let chosen: Vec<&str> = offer.choices.iter().map(|choice| view.of(choice)).collect();
            found.push(Choice::new(format!("sku:{}", offer.sku), format!("— {name} · {}", chosen.join(" · "))));
        }
    }
    found
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(page): Query<PageQuery>,
) -> Result<ui::Page, Problem> {
    let view = &visit.view;
    let sheet = Sheet::of(&catalogue, (&mut catalogue.app.db.read(), view), &seller, id, page).await?;
    Ok(listed(view, &sheet, &Typed::default(), &Mistakes::none()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    target: String,
    reason: String,
}

impl Typed {
    fn wanted(&self) -> Result<Application, Invalid> {
        let unknown = ("is not on sale; choose again", "不在售，须重新选择");
        let (spec, sku) = match self.target.split_once(':') {
            None => (None, None),
            Some(("spec", code)) => (Some(code.to_owned()), None),
            Some((_, sku)) => (None, Some(sku.parse::<SkuId>().map_err(|_| Invalid::one("target", unknown))?)),
        };
        Ok(Application { spec, sku, reason: self.reason.clone(), document: None })
    }
}

async fn apply(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    upload: Upload<Typed>,
) -> Result<Response, Problem> {
    let typed = &upload.fields;
    let received = async {
        let Some(file) = upload.files.first().filter(|file| !file.bytes.is_empty()) else { return Ok(None) };
        let content = BASE64_STANDARD.encode(&file.bytes);
        let given = documents::Upload {
            name: &file.name,
            purpose: Purpose::Other,
            content_type: &file.content_type,
            content: &content,
        };
        let buyer = Buyer::try_from(Member::clone(&seller)).map_err(Error::from)?;
        catalogue.documents.receive(&buyer, &given).await.map(Some)
    };
    let sent = once.run_after(&catalogue.app, received, async |tx, document| {
        let mut wanted = typed.wanted()?;
        if let Some(document) = document {
            catalogue.documents.keep(tx, &document).await?;
            wanted.document = Some(document.id);
        }
        catalogue.apply_for_removal(tx, &seller, id, &wanted).await?;
        Ok(Answer::see_other(format!("/seller/products/{id}/sale?done=sale-applied")))
    });
    match sent.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let view = &visit.view;
            let mistakes = view.retry(problem)?;
            let first = PageQuery { cursor: None, limit: None };
            let sheet = Sheet::of(&catalogue, (&mut catalogue.app.db.read(), view), &seller, id, first).await?;
            Ok(listed(view, &sheet, typed, &mistakes).refused().into_response())
        }
    }
}

async fn withdraw(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<RemovalId>,
    once: Once,
) -> Result<Response, Problem> {
    let taken = once.run(&catalogue.app, async |tx| {
        let removal = catalogue.withdraw_removal(tx, &seller, id).await?;
        Ok(Answer::see_other(format!("/seller/products/{}/sale?done=sale-withdrawn", removal.product_id)))
    });
    match taken.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let view = &visit.view;
            let mistakes = view.retry(problem)?;
            let tx = &mut catalogue.app.db.read();
            let product = catalogue.own_removal(tx, &seller, id).await?.product_id;
            let first = PageQuery { cursor: None, limit: None };
            let sheet = Sheet::of(&catalogue, (tx, view), &seller, product, first).await?;
            Ok(listed(view, &sheet, &Typed::default(), &mistakes).refused().into_response())
        }
    }
}

fn listed(view: &View, sheet: &Sheet, typed: &Typed, mistakes: &Mistakes) -> ui::Page {
    let own = &sheet.own;
    // What the operator has frozen or taken from the shelf can still be given up for good.
    let can = match own.shelf.product.state {
        ProductState::OnSale | ProductState::Frozen | ProductState::Delisted => !sheet.targets.is_empty(),
        ProductState::Draft | ProductState::OffSale => false,
    };
    let title = view.t("sale-applications");
    let table = Table::new(view, &title, &sheet.applied.items)
        .column(view.t("sale-what"), |applied| html! { (part(view, applied)) })
        .column(view.t("listing-list-state"), |applied| removal_badge(view, applied.removal.state))
        .column(view.t("sale-reason"), |applied| reason(view, applied))
        .column(view.t("listing-submitted-at"), |applied| view.time(applied.removal.submitted_at))
        .column(view.t("listing-due-at"), |applied| due(view, applied))
        .empty(html! { p.muted { (view.t("sale-none")) } })
        .next(sheet.applied.next_cursor.as_deref())
        .render();
    let body = html! {
        (mistakes.summary(view))
        div.with-aside {
            div.stack {
                @if can { (ui::card(Some(&view.t("sale-take-off")), &application(view, sheet, typed, mistakes))) }
                @else if own.shelf.product.state == ProductState::OffSale { (notice(Tone::Info, &html! { p { (view.t("sale-is-off")) } })) }
                @else { (notice(Tone::Info, &html! { p { (view.t("sale-not-yet")) } })) }
                section.card { h2 { (title) } (table) }
            }
            aside.stack {
                (ui::card(Some(&view.t("sale-what-follows")), &html! {
                    ul.plain {
                        li { (view.t("sale-follows-final")) }
                        li { (view.t("sale-follows-parts")) }
                        li { (view.t("sale-follows-orders")) }
                        li { (view.t("sale-follows-owned")) }
                        li { (view.t("sale-follows-hide")) }
                    }
                }))
            }
        }
    };
    frame(view, own, &view.t("sale-lead"), &body)
}

/// What of the product an application is about.
fn part(view: &View, applied: &Applied) -> String {
    let part = view.of(&applied.part);
    if part.is_empty() { view.t("sale-whole") } else { part.to_owned() }
}

fn reason(view: &View, applied: &Applied) -> Markup {
    let removal = &applied.removal;
    html! {
        span.clamp { (removal.reason) }
        @if let Some(document) = removal.document_id { " " a.small href={ "/documents/" (document) } { (view.t("sale-proof")) } }
        @if let Some(answer) = removal.answer.as_deref().filter(|answer| !answer.is_empty()) {
            p.small { strong { (view.t("sale-answer")) } " " (answer) }
        }
    }
}

fn due(view: &View, applied: &Applied) -> Markup {
    let removal = &applied.removal;
    match removal.state {
        RemovalState::Submitted => html! {
            (view.time(removal.due_at)) " "
            (ui::form(view, &format!("/seller/removals/{}/withdraw", removal.id), &html! {
                button.button.quiet type="submit" { (view.t("sale-withdraw")) span.unseen { " " (part(view, applied)) } }
            }))
        },
        RemovalState::Withdrawn | RemovalState::Rejected | RemovalState::Approved => html! { span.muted { "—" } },
    }
}

fn application(view: &View, sheet: &Sheet, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let (target, reason) = (view.t("sale-what"), view.t("sale-reason"));
    let action = format!("/seller/products/{}/sale", sheet.own.id());
    let (proof, hint) = (view.t("sale-proof-optional"), view.t("sale-proof-hint"));
    html! {
        p.muted { (view.ta("sale-take-off-text", &[("days", sheet.days.into())])) }
        (ui::upload_form(view, &action, &html! {
            (Field::select("target", &target, &sheet.targets).value(&typed.target).required().render(view, mistakes))
            (Field::area("reason", &reason, 3).value(&typed.reason).hint(view.t("sale-reason-hint")).required().with("maxlength", REASON_MAX.to_string()).render(view, mistakes))
            (ui::file_drop(view, "content", &proof, ".pdf,.png,.jpg,.jpeg", &hint, mistakes))
            div.row { button.button.danger type="submit" { (view.t("sale-apply")) } }
        }))
    }
}
