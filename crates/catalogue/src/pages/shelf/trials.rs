//! To whom a product's trials are offered: everybody who may buy it, or the accounts on a list.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Invalid, PageQuery,
    id::{AccountId, ProductId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Table, Tone, View};

use super::{Own, frame};
use crate::{Catalogue, actions::OwnTrials, rules::TrialsFor, store::visibility::NamedAccount};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/trials", show, Access::Seller)
        .form("/seller/products/{product}/trials", offer, Access::Seller)
        .form("/seller/products/{product}/trials/accounts", list, Access::Seller)
        .form("/seller/products/{product}/trials/accounts/{account}/remove", unlist, Access::Seller)
        .done()
}

/// The page: a product, its trials, and who is on the list.
struct Sheet {
    own: Own,
    trials: OwnTrials,
    listed: kernel::Page<NamedAccount>,
}

impl Sheet {
    async fn of(
        catalogue: &Catalogue,
        tx: &mut Tx,
        seller: &Seller,
        (id, page): (ProductId, PageQuery),
    ) -> Result<Self, Problem> {
        let page = page.checked().map_err(kernel::Error::from)?;
        Ok(Self {
            own: Own::of(catalogue, tx, seller, id).await?,
            trials: catalogue.own_trials(tx, seller, id).await?,
            listed: catalogue.trial_accounts(tx, seller, id, page).await?,
        })
    }
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let sheet = Sheet::of(&catalogue, &mut catalogue.app.db.read(), &seller, (id, page)).await?;
    Ok(self::page(&visit.view, &sheet, &Listing::default(), &Mistakes::none()))
}

/// On to the page, or the page again with what is wrong.
async fn answer(
    (catalogue, visit, seller): (&Catalogue, &Visit, &Seller),
    id: ProductId,
    typed: &Listing,
    changed: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match changed {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let first = PageQuery { cursor: None, limit: None };
            let sheet = Sheet::of(catalogue, &mut catalogue.app.db.read(), seller, (id, first)).await?;
            Ok(page(&visit.view, &sheet, typed, &mistakes).refused().into_response())
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Offering {
    offered_to: String,
}

async fn offer(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(form): Form<Offering>,
) -> Result<Response, Problem> {
    let changed = once.run(&catalogue.app, async |tx| {
        let choose = ("has to be chosen", "须选择一项");
        let offered_to = form.offered_to.parse::<TrialsFor>().map_err(|_| Invalid::one("offered_to", choose))?;
        catalogue.offer_trials_to(tx, &seller, id, offered_to).await?;
        Ok(Answer::see_other(format!("/seller/products/{id}/trials?done=trials-saved")))
    });
    let changed = changed.await;
    answer((&catalogue, &visit, &seller), id, &Listing::default(), changed).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Listing {
    account: String,
    name: String,
}

async fn list(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(form): Form<Listing>,
) -> Result<Response, Problem> {
    let listed = once.run(&catalogue.app, async |tx| {
        let wrong = ("is no account ID; it begins with acc_", "不是账号 ID，账号 ID 以 acc_ 开头");
        let account = form.account.trim().parse::<AccountId>().map_err(|_| Invalid::one("account", wrong))?;
        catalogue.list_for_trials(tx, &seller, id, (account, &form.name)).await?;
        Ok(Answer::see_other(format!("/seller/products/{id}/trials?done=shelf-named")))
    });
    let listed = listed.await;
    answer((&catalogue, &visit, &seller), id, &form, listed).await
}

async fn unlist(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam((id, account)): PathParam<(ProductId, AccountId)>,
    once: Once,
) -> Result<Response, Problem> {
    let gone = once.run(&catalogue.app, async |tx| {
        catalogue.unlist_for_trials(tx, &seller, id, account).await?;
        Ok(Answer::see_other(format!("/seller/products/{id}/trials?done=shelf-unnamed")))
    });
    let gone = gone.await;
    answer((&catalogue, &visit, &seller), id, &Listing::default(), gone).await
}

fn page(view: &View, sheet: &Sheet, typed: &Listing, mistakes: &Mistakes) -> Page {
    let lists = sheet.trials.offered_to == TrialsFor::Listed || !sheet.listed.items.is_empty();
    let body = html! {
        (mistakes.summary(view))
        div.with-aside {
            div.stack {
                (ui::card(Some(&view.t("trials-for")), &offering(view, sheet, mistakes)))
                @if lists { (list_card(view, sheet, typed, mistakes)) }
            }
            aside.stack { (ui::card(Some(&view.t("trials-editions")), &editions(view, sheet))) }
        }
    };
    frame(view, &sheet.own, &view.t("trials-lead"), &body)
}

/// Which editions on sale can be tried, and who tries them.
fn editions(view: &View, sheet: &Sheet) -> Markup {
    html! {
        @if sheet.trials.specs.is_empty() {
            (ui::notice(Tone::Info, &html! { p { (view.t("trials-none")) } }))
            p { a href={ "/seller/products/" (sheet.own.id()) "/specs" } { (view.t("trials-none-go")) } }
        } @else {
            ul.plain {
                @for spec in &sheet.trials.specs {
                    li.spread {
                        span { (sheet.own.spec_name(view, &spec.code)) }
                        @if let Some(days) = spec.trial_days { strong { (view.ta("storefront-days", &[("count", days.into())])) } }
                    }
                }
            }
            p { a href="/seller/orders?kind=trial" { (view.t("trials-who")) } }
        }
    }
}

fn offering(view: &View, sheet: &Sheet, mistakes: &Mistakes) -> Markup {
    let choice = |one: &TrialsFor| {
        Choice::new(one.as_str(), view.word("trials-for", one.as_str()))
            .hint(view.word("trials-for-hint", one.as_str()))
    };
    let choices: Vec<Choice> = TrialsFor::ALL.iter().map(choice).collect();
    ui::form(
        view,
        &format!("/seller/products/{}/trials", sheet.own.id()),
        &html! {
            (ui::choice_cards(&view.t("trials-for"), "offered_to", &choices, sheet.trials.offered_to.as_str(), mistakes))
            div.row { button.button.primary type="submit" { (view.t("shelf-save")) } span.small.muted { (view.t("trials-at-once")) } }
        },
    )
}

fn list_card(view: &View, sheet: &Sheet, typed: &Listing, mistakes: &Mistakes) -> Markup {
    let title = view.t("trials-list");
    let base = format!("/seller/products/{}/trials/accounts", sheet.own.id());
    let remove = |listed: &NamedAccount| {
        ui::form(
            view,
            &format!("{base}/{}/remove", listed.account_id),
            &html! { button.button.quiet type="submit" { (view.t("shelf-unname")) span.unseen { " " (listed.name) } } },
        )
    };
    let table = Table::new(view, &title, &sheet.listed.items)
        .column(view.t("shelf-account-name"), |listed| html! { (listed.name) })
        .column(view.t("shelf-account-id"), |listed| html! { code.small { (listed.account_id) } })
        .column(view.t("shelf-account-since"), |listed| view.date(listed.added_at))
        .column(view.t("shelf-account-act"), remove)
        .empty(html! { p.muted { (view.t("trials-list-empty")) } })
        .next(sheet.listed.next_cursor.as_deref())
        .render();
    let (account, name) = (view.t("shelf-account-id"), view.t("shelf-account-name"));
    ui::card(
        Some(&title),
        &html! {
            p.muted { (view.t("trials-list-text")) }
            (table)
            (ui::form(view, &base, &html! {
                h3 { (view.t("shelf-name-one")) }
                div.fields {
                    (Field::text("account", &account).value(&typed.account).hint(view.t("shelf-account-id-hint")).required().with("autocomplete", "off").render(view, mistakes))
                    (Field::text("name", &name).value(&typed.name).hint(view.t("shelf-account-name-hint")).required().with("autocomplete", "off").render(view, mistakes))
                }
                div.row { button.button type="submit" { (view.t("shelf-name-add")) } }
            }))
        },
    )
}
