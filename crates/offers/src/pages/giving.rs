//! The batches of a giver, and the page of one: how it went, giving it out, voiding it.

use accounts::{Operator, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Invalid, PageQuery, id::CouponBatchId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Table, View};

use super::{base, batch_badge, editions, givers_tabs, place, site_tabs};
use crate::{
    Offers,
    actions::Giver,
    rules::{self, Batch, BatchState, Counts, Issuer, percent},
};

async fn list<G: Into<Giver>>(
    State(offers): State<Offers>,
    visit: Visit,
    giver: G,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let giver = giver.into();
    let (view, base, now) = (&visit.view, base(&giver), offers.app.clock.now());
    let mut tx = offers.app.db.read();
    let found = offers.batches(&mut tx, &giver, page.checked().map_err(Error::from)?).await?;
    let mut rows = Vec::with_capacity(found.items.len());
    let names = offers.accounts.names(&mut tx, found.items.iter().map(|batch| batch.account).collect()).await?;
    for batch in found.items {
        let counts = offers.counts(&mut tx, &batch).await?;
        let giver = names.get(&batch.account).cloned().unwrap_or_default();
        rows.push((batch, counts, giver));
    }
    let title = view.t("coupons-title");
    let open = html! {
        @if giver.may_give().is_ok() { (ui::button_link(&format!("{base}/new"), &view.t("coupons-open"), true)) }
    };
    let mut table = Table::new(view, &title, &rows)
        .column(
            view.t("coupon-name"),
            |(batch, ..)| html! { a href={ (base) "/" (batch.id) } { (view.of(&batch.terms.name)) } },
        )
        .column(view.t("coupon-worth"), |(batch, ..)| html! { (view.of(&batch.terms.value.text())) });
    if giver.issuer() == Issuer::Operator {
        table = table.column(view.t("coupon-giver"), |(_, _, giver)| html! { (giver) });
    }
    let table = table
        .number(
            view.t("coupon-issued"),
            |(batch, ..)| html! { (view.count(batch.issued)) " / " (view.count(batch.count_max)) },
        )
        .number(view.t("coupon-used"), |(_, counts, _)| html! { (view.count(counts.used)) })
        .number(view.t("coupon-saved"), |(_, counts, _)| view.money(counts.saved))
        .column(view.t("coupon-until"), |(batch, ..)| view.time(batch.valid.until))
        .column(view.t("coupon-state"), |(batch, ..)| batch_badge(view, batch, now))
        .empty(ui::empty(&view.t("coupons-none-given"), &view.t("coupons-none-given-text"), &open))
        .next(found.next_cursor.as_deref())
        .render();
    let lead = match giver.issuer() {
        Issuer::Seller => view.t("coupons-lead-seller"),
        Issuer::Operator => view.t("coupons-lead-operator"),
    };
    Ok(ui::page(
        view,
        place(&giver),
        &title,
        &html! {
            (ui::header(&title, Some(&lead), &open))
            @match giver.issuer() {
            Issuer::Seller => (givers_tabs(view, base)),
            Issuer::Operator => (site_tabs(view, base)),
        }
            (table)
        },
    ))
}

/// What was typed on the page of a batch.
#[derive(Default, Deserialize)]
struct Typed {
    #[serde(default)]
    accounts: String,
    #[serde(default)]
    count: String,
    #[serde(default)]
    platform_basis_points: String,
}

async fn show<G: Into<Giver>>(
    State(offers): State<Offers>,
    visit: Visit,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
) -> Result<Page, Problem> {
    page(&offers, &visit.view, (&giver.into(), id), (&Typed::default(), &Mistakes::none())).await
}

/// Answers with the page again when a form on it was refused.
async fn answered(
    offers: &Offers,
    view: &View,
    (giver, id): (&Giver, CouponBatchId),
    (done, typed): (Result<Answer, Problem>, &Typed),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page(offers, view, (giver, id), (typed, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn give<G: Into<Giver>>(
    State(offers): State<Offers>,
    visit: Visit,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let giver = giver.into();
    let done = once.run(&offers.app, async |tx| {
        offers.batch(tx, &giver, id).await?;
        let most = offers.policies.current().await?.offers.coupons_given_at_once_max;
        offers.give(tx, &giver, id, &rules::receivers(&typed.accounts, most)?).await?;
        Ok(Answer::see_other(format!("{}/{id}?done=coupons-given", base(&giver))))
    });
    let done = done.await;
    answered(&offers, &visit.view, (&giver, id), (done, &typed)).await
}

async fn print<G: Into<Giver>>(
    State(offers): State<Offers>,
    visit: Visit,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let giver = giver.into();
    let done = once.run(&offers.app, async |tx| {
        offers.batch(tx, &giver, id).await?;
        let number = ("must be a whole number", "须为整数");
        let count = typed.count.trim().parse().map_err(|_| Invalid::one("count", number))?;
        offers.print(tx, &giver, id, count).await?;
        Ok(Answer::see_other(format!("{}/{id}?done=coupons-printed", base(&giver))))
    });
    let done = done.await;
    answered(&offers, &visit.view, (&giver, id), (done, &typed)).await
}

async fn void<G: Into<Giver>>(
    State(offers): State<Offers>,
    visit: Visit,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
    once: Once,
) -> Result<Response, Problem> {
    let giver = giver.into();
    let done = once.run(&offers.app, async |tx| {
        offers.void(tx, &giver, id).await?;
        Ok(Answer::see_other(format!("{}/{id}?done=coupons-voided", base(&giver))))
    });
    let done = done.await;
    answered(&offers, &visit.view, (&giver, id), (done, &Typed::default())).await
}

async fn share(
    State(offers): State<Offers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<CouponBatchId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let giver = Giver::Operator(operator.clone());
    let done = once.run(&offers.app, async |tx| {
        offers.batch(tx, &giver, id).await?;
        let share = ("must be a percentage such as 50 or 12.5", "须为百分比，例如 50 或 12.5");
        let points = rules::typed::basis_points(&typed.platform_basis_points)
            .ok_or_else(|| Invalid::one("platform_basis_points", share))?;
        offers.bear(tx, &operator, id, points).await?;
        Ok(Answer::see_other(format!("{}/{id}?done=saved", base(&giver))))
    });
    let done = done.await;
    answered(&offers, &visit.view, (&giver, id), (done, &typed)).await
}

async fn page(
    offers: &Offers,
    view: &View,
    (giver, id): (&Giver, CouponBatchId),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    let mut tx = offers.app.db.read();
    let batch = offers.batch(&mut tx, giver, id).await?;
    let counts = offers.counts(&mut tx, &batch).await?;
    let whose = offers.accounts.find(&mut tx, batch.account).await?.name;
    let (covered, now) = (covers(offers, &mut tx, view, &batch).await?, offers.app.clock.now());
    let here = format!("{}/{id}", base(giver));
    let may_issue = giver.may_give().is_ok() && giver.issuer() == batch.issuer && batch.check_gives(now).is_ok();
    let open = batch.state == BatchState::Open;
    let title = view.of(&batch.terms.name).to_owned();
    Ok(ui::page(
        view,
        place(giver),
        &title,
        &html! {
            p { a href=(base(giver)) { "← " (view.t("coupons-title")) } }
            (ui::header(&title, Some(view.of(&batch.terms.value.text())), &batch_badge(view, &batch, now)))
            (mistakes.summary(view))
            (stats(view, &batch, counts))
            div.with-aside {
                div.stack {
                    @if may_issue { (give_card(view, &here, typed, mistakes)) (print_card(view, &here, (&batch, counts), (typed, mistakes))) }
                    p.row {
                        a.button href={ (here) "/list" } { (view.t("coupons-list")) }
                        @if giver.may_give().is_ok() && giver.issuer() == batch.issuer { a.button href={ (here) "/codes.csv" } download { (view.t("coupons-codes-file")) } }
                    }
                }
                aside.stack {
                    (ui::card(None, &facts(view, (&batch, &whose), &covered)))
                    @if open && giver.may_give().is_ok() && giver.issuer() == Issuer::Operator && batch.issuer == Issuer::Seller {
                        (share_card(view, &here, &batch, (typed, mistakes)))
                    }
                    @if open && giver.may_give().is_ok() { (void_dialog(view, &here)) }
                }
            }
        },
    ))
}

fn stats(view: &View, batch: &Batch, counts: Counts) -> Markup {
    let Counts { printed, held, used, voided, saved } = counts;
    html! {
        div.stats {
            (ui::stat(&view.t("coupon-issued"), &html! { (view.count(batch.issued)) " / " (view.count(batch.count_max)) }, None))
            (ui::stat(&view.t("coupon-held"), &html! { (view.count(held)) }, Some(&html! { (view.ta("coupon-printed-note", &[("count", printed.into())])) })))
            (ui::stat(&view.t("coupon-used"), &html! { (view.count(used)) }, Some(&html! { (view.ta("coupon-voided-note", &[("count", voided.into())])) })))
            (ui::stat(&view.t("coupon-saved"), &view.money(saved), None))
        }
    }
}

/// What a batch is for, in names.
async fn covers(offers: &Offers, tx: &mut platform::Tx, view: &View, batch: &Batch) -> Result<Vec<String>, Problem> {
    let scope = &batch.terms.scope;
    let mut names = Vec::new();
    for seller in &scope.sellers {
        names.push(offers.accounts.find(tx, *seller).await?.name);
    }
    for product in &scope.products {
        names.push(view.of(&offers.catalogue.product_name(tx, *product).await?).to_owned());
    }
    names.extend(editions(offers, tx, view, (batch.account, scope)).await?);
    Ok(names)
}

fn facts(view: &View, (batch, whose): (&Batch, &str), covered: &[String]) -> Markup {
    let everything = match batch.issuer {
        Issuer::Seller => view.t("coupon-scope-seller"),
        Issuer::Operator => view.t("coupon-scope-site"),
    };
    let scope = html! {
        @if batch.terms.scope.is_everything() { (everything) } @else { ul.plain { @for name in covered { li { (name) } } } }
    };
    let shown = if batch.shown { view.t("coupon-shown-yes") } else { view.t("coupon-shown-no") };
    let with =
        if batch.terms.with_discount { view.t("coupon-with-discount-yes") } else { view.t("coupon-with-discount-no") };
    ui::facts(&[
        (view.t("coupon-giver"), html! { (whose) }),
        (view.t("coupon-scope"), scope),
        (view.t("coupon-from"), view.time(batch.valid.from)),
        (view.t("coupon-until"), view.time(batch.valid.until)),
        (view.t("coupon-per-customer"), html! { (batch.per_customer_max) }),
        (view.t("coupon-shown"), html! { (shown) }),
        (view.t("coupon-with-discount"), html! { (with) }),
        (view.t("coupon-platform-part"), html! { (percent(batch.platform_basis_points)) " %" }),
        (view.t("coupon-cost-max"), html! { @if let Some(most) = batch.cost_max() { (view.money(most)) } }),
        (view.t("coupon-batch-id"), ui::copyable(view, &batch.id.to_string())),
    ])
}

fn give_card(view: &View, here: &str, typed: &Typed, mistakes: &Mistakes) -> Markup {
    ui::card(
        Some(&view.t("coupons-give")),
        &ui::form(
            view,
            &format!("{here}/give"),
            &html! {
                (Field::area("accounts", &view.t("coupons-give-accounts"), 5).value(&typed.accounts).hint(view.t("coupons-give-hint")).required().with("placeholder", "acc_01jd8kx2v9e5jtf6xw4sz3q7ab, Ada Ltd.").with("spellcheck", "false").render(view, mistakes))
                div.row { button.button.primary type="submit" { (view.t("coupons-give-do")) } }
            },
        ),
    )
}

fn print_card(
    view: &View,
    here: &str,
    (batch, counts): (&Batch, Counts),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Markup {
    let left = view.ta("coupons-print-hint", &[("left", batch.left().into()), ("printed", counts.printed.into())]);
    ui::card(
        Some(&view.t("coupons-print")),
        &ui::form(
            view,
            &format!("{here}/codes"),
            &html! {
                (Field::input("number", "count", &view.t("coupons-print-count")).value(&typed.count).hint(left).required().with("min", "1").render(view, mistakes))
                div.row { button.button.primary type="submit" { (view.t("coupons-print-do")) } }
            },
        ),
    )
}

fn share_card(view: &View, here: &str, batch: &Batch, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let present = percent(batch.platform_basis_points);
    let value = if typed.platform_basis_points.is_empty() { &present } else { &typed.platform_basis_points };
    ui::card(
        Some(&view.t("coupon-share")),
        &ui::form(
            view,
            &format!("{here}/share"),
            &html! {
                (Field::text("platform_basis_points", &view.t("coupon-platform-part")).value(value).hint(view.t("coupon-share-hint")).required().with("inputmode", "decimal").render(view, mistakes))
                div.row { button.button type="submit" { (view.t("coupon-share-do")) } }
            },
        ),
    )
}

fn void_dialog(view: &View, here: &str) -> Markup {
    let body = html! {
        p { (view.t("coupons-void-text")) }
        (ui::form(view, &format!("{here}/void"), &html! { button.button.danger type="submit" { (view.t("coupons-void-yes")) } }))
    };
    ui::confirm(view, &view.t("coupons-void"), &view.t("coupons-void-title"), true, &body)
}

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .page("/seller/coupons", list::<Seller>, Access::Seller)
        .page("/seller/coupons/{coupon_batch}", show::<Seller>, Access::Seller)
        .form("/seller/coupons/{coupon_batch}/give", give::<Seller>, Access::Seller)
        .form("/seller/coupons/{coupon_batch}/codes", print::<Seller>, Access::Seller)
        .form("/seller/coupons/{coupon_batch}/void", void::<Seller>, Access::Seller)
        .page("/operator/coupons", list::<Operator>, Access::Operator)
        .page("/operator/coupons/{coupon_batch}", show::<Operator>, Access::Operator)
        .form("/operator/coupons/{coupon_batch}/give", give::<Operator>, Access::Operator)
        .form("/operator/coupons/{coupon_batch}/codes", print::<Operator>, Access::Operator)
        .form("/operator/coupons/{coupon_batch}/void", void::<Operator>, Access::Operator)
        .form("/operator/coupons/{coupon_batch}/share", share, Access::Operator)
        .done()
}
