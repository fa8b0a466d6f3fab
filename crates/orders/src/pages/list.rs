//! Lists of orders, for the buyer, the seller and the operator: the same rows with other parties' names.

use std::collections::BTreeMap;

use accounts::{Buyer, Operator, Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Page as Rows, PageQuery, Result, id::AccountId, page::PageOf};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Problem, Query, Routes},
};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Sheet, Table, View};

use super::parts::{kind_badge, order_badge};
use crate::{
    Orders,
    rules::{Listed, OrderKind, Sort, StateName, Wanted},
};

/// A seller learns of an order when it is paid.
const SOLD: &[StateName] = &[StateName::Paid, StateName::Completed, StateName::Refunded];

/// What a list of orders is asked for. Whatever is no state means all.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    sort: String,
    cursor: Option<String>,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        Wanted {
            state: self.state.parse().ok(),
            kind: self.kind.parse().ok(),
            sort: self.sort.parse().unwrap_or(Sort::Newest),
        }
    }

    /// The account whose orders are wanted; all when it is no id.
    fn account(&self) -> Option<AccountId> {
        self.account.trim().parse().ok()
    }

    fn page(&self) -> Result<PageOf> {
        Ok(PageQuery { cursor: self.cursor.clone(), limit: None }.checked()?)
    }
}

/// Who takes part in an order.
#[derive(Clone, Copy)]
enum Party {
    Buyer,
    Seller,
}

impl Party {
    fn title(self) -> &'static str {
        match self {
            Self::Buyer => "order-buyer",
            Self::Seller => "order-seller",
        }
    }

    fn of(self, row: &Listed) -> AccountId {
        match self {
            Self::Buyer => row.order.account,
            Self::Seller => row.order.seller,
        }
    }
}

/// Whose list it is: where their orders are, and whom they see in them.
#[derive(Clone, Copy)]
struct Reader {
    place: Place,
    path: &'static str,
    file: &'static str,
    parties: &'static [Party],
    states: &'static [StateName],
    title: &'static str,
    lead: &'static str,
    /// The lists beside it.
    beside: &'static [(&'static str, &'static str)],
}

const BUYER: Reader = Reader {
    place: Place::Console("orders"),
    path: "/console/orders",
    file: "orders",
    parties: &[Party::Seller],
    states: StateName::ALL,
    title: "orders-title",
    lead: "orders-lead",
    beside: &[("refunds-title", "/console/refunds")],
};

const SELLER: Reader = Reader {
    place: Place::Seller("orders"),
    path: "/seller/orders",
    file: "sales",
    parties: &[Party::Buyer],
    states: SOLD,
    title: "sales-title",
    lead: "sales-lead",
    beside: &[("refunds-title", "/seller/refunds")],
};

const OPERATOR: Reader = Reader {
    place: Place::Operator("orders"),
    path: "/operator/orders",
    file: "orders",
    parties: &[Party::Buyer, Party::Seller],
    states: StateName::ALL,
    title: "orders-title",
    lead: "orders-all-lead",
    beside: &[("deliveries-title", "/operator/deliveries"), ("differences-title", "/operator/differences")],
};

impl Reader {
    async fn names(self, orders: &Orders, tx: &mut Tx, rows: &[Listed]) -> Result<BTreeMap<AccountId, String>> {
        let parties = rows.iter().flat_map(|row| self.parties.iter().map(|party| party.of(row))).collect();
        orders.accounts.names(tx, parties).await
    }

    async fn page(self, orders: &Orders, view: &View, asked: &Asked, found: &Rows<Listed>) -> Result<Page> {
        let names = self.names(orders, &mut orders.app.db.read(), &found.items).await?;
        let title = view.t(self.title);
        let mut table = Table::new(view, &title, &found.items)
            .column(
                view.t("order-number"),
                |row| html! { a href={ (self.path) "/" (row.order.id) } { (row.order.number) } },
            )
            .column(
                view.t("order-bought"),
                |row| html! { (view.of(&row.title)) " " (kind_badge(view, row.order.kind)) },
            );
        for party in self.parties {
            table = table.column(view.t(party.title()), |row| self.party(&names, party.of(row)));
        }
        let table = table
            .column(view.t("order-placed"), |row| view.time(row.order.placed_at))
            .in_order(Sort::Newest.as_str(), Sort::Oldest.as_str())
            .column(view.t("order-state-label"), |row| order_badge(view, row.order.state.name()))
            .number(view.t("order-total"), |row| view.money(row.order.total))
            .in_order(Sort::Dearest.as_str(), Sort::Cheapest.as_str())
            .filters(self.filters(view, asked))
            .empty(self.empty(view, asked))
            .next(found.next_cursor.as_deref())
            .csv(view.without_query("cursor").replacen(self.path, &format!("{}.csv", self.path), 1))
            .render();
        let mut lists = vec![(title.clone(), self.path.to_owned(), true)];
        lists.extend(self.beside.iter().map(|(beside, there)| (view.t(beside), (*there).to_owned(), false)));
        Ok(ui::page(
            view,
            self.place,
            &title,
            &html! {
                (ui::header(&title, Some(&view.t(self.lead)), &html! {}))
                (ui::tabs(&title, &lists))
                (table)
            },
        ))
    }

    /// Who it is; the operator goes on to the account.
    fn party(self, names: &BTreeMap<AccountId, String>, account: AccountId) -> Markup {
        let name = names.get(&account).map_or("", String::as_str);
        match self.place {
            Place::Operator(_) => html! { a href={ "/operator/accounts/" (account) } { (name) } },
            Place::Storefront(_) | Place::Console(_) | Place::Seller(_) => html! { (name) },
        }
    }

    fn filters(self, view: &View, asked: &Asked) -> Markup {
        let mut choices = vec![Choice::new("all", view.t("order-state-all"))];
        let word = |state: &StateName| view.word("order-state", state.as_str());
        choices.extend(self.states.iter().map(|state| Choice::new(state.as_str(), word(state))));
        let (state, account, none) = (view.t("order-state-label"), view.t("order-account"), Mistakes::none());
        let mut kinds = vec![Choice::new("all", view.t("order-kind-all"))];
        let word = |kind: &OrderKind| view.word("order-kind", kind.as_str());
        kinds.extend(OrderKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), word(kind))));
        let kind = view.t("order-kind-label");
        html! {
            (Field::select("state", &state, &choices).value(&asked.state).required().render(view, &none))
            (Field::select("kind", &kind, &kinds).value(&asked.kind).required().render(view, &none))
            @if matches!(self.place, Place::Operator(_)) {
                (Field::text("account", &account).value(&asked.account).with("placeholder", "acc_…").render(view, &none))
            }
            @if !asked.sort.is_empty() { input type="hidden" name="sort" value=(asked.sort); }
        }
    }

    fn empty(self, view: &View, asked: &Asked) -> Markup {
        let wanted = asked.wanted();
        let all = wanted.state.is_none() && wanted.kind.is_none();
        let (title, text, go) = match self.place {
            Place::Console(_) if all => ("orders-none", "orders-none-text", Some(("/", "orders-none-go"))),
            Place::Seller(_) if all => ("sales-none", "sales-none-text", Some(("/seller/products", "sales-none-go"))),
            Place::Console(_) | Place::Seller(_) | Place::Operator(_) | Place::Storefront(_) => {
                ("orders-none-such", "orders-none-such-text", None)
            }
        };
        let go = go.map(|(href, text)| ui::button_link(href, &view.t(text), true)).unwrap_or_default();
        ui::empty(&view.t(title), &view.t(text), &go)
    }

    fn sheet(self, view: &View) -> Sheet<'_> {
        let mut titles: Vec<&'static str> = vec!["order-number", "order-bought"];
        titles.extend(self.parties.iter().map(|party| party.title()));
        titles.extend(["order-placed", "order-kind-label", "order-state-label", "order-total", "order-currency"]);
        Sheet::new(view, &titles)
    }

    fn cells(self, view: &View, names: &BTreeMap<AccountId, String>, row: &Listed) -> Vec<String> {
        let order = &row.order;
        let mut cells = vec![order.number.clone(), view.of(&row.title).to_owned()];
        cells.extend(self.parties.iter().map(|party| names.get(&party.of(row)).cloned().unwrap_or_default()));
        cells.extend([
            order.placed_at.to_string(),
            view.word("order-kind", order.kind.as_str()),
            view.word("order-state", order.state.name().as_str()),
            ui::plain_amount(order.total),
            order.total.currency().to_string(),
        ]);
        cells
    }
}

/// The page and the file of one reader's list.
macro_rules! list {
    ($page:ident, $file:ident, $reader:expr, $who:ident: $Who:ty, $list:ident($asked:ident) => $wanted:expr) => {
        async fn $page(
            State(orders): State<Orders>,
            visit: Visit,
            $who: $Who,
            Query($asked): Query<Asked>,
        ) -> Result<Page, Problem> {
            let found = orders.$list(&mut orders.app.db.read(), &$who, $wanted, $asked.page()?).await?;
            Ok($reader.page(&orders, &visit.view, &$asked, &found).await?)
        }

        async fn $file(
            State(orders): State<Orders>,
            visit: Visit,
            $who: $Who,
            Query($asked): Query<Asked>,
        ) -> Result<Response, Problem> {
            let (view, tx) = (&visit.view, &mut orders.app.db.read());
            let mut sheet = $reader.sheet(view);
            while let Some(page) = sheet.wants() {
                let found = orders.$list(tx, &$who, $wanted, page).await?;
                let names = $reader.names(&orders, tx, &found.items).await?;
                sheet.add(found.next_cursor, found.items.iter().map(|row| $reader.cells(view, &names, row)));
            }
            Ok(sheet.download($reader.file))
        }
    };
}

list!(bought, bought_file, BUYER, buyer: Buyer, list(asked) => asked.wanted());
list!(sold, sold_file, SELLER, seller: Seller, list_sold(asked) => asked.wanted());
list!(all, all_file, OPERATOR, operator: Operator, list_all(asked) => (asked.account(), asked.wanted()));

pub(super) fn routes(orders: &Orders) -> Routes {
    Routes::of(orders.clone())
        .page("/console/orders", bought, Access::Buyer)
        .page("/console/orders.csv", bought_file, Access::Buyer)
        .page("/seller/orders", sold, Access::Seller)
        .page("/seller/orders.csv", sold_file, Access::Seller)
        .page("/operator/orders", all, Access::Operator)
        .page("/operator/orders.csv", all_file, Access::Operator)
        .done()
}
