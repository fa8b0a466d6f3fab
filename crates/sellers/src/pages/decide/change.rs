//! A change of what an admitted seller has told of itself.

use accounts::Operator;
use kernel::{Result, Timestamp, id::SellerChangeId};
use maud::{Markup, html};
use ui::{Page, Tone, View};

use super::{By, Case, Refused, decision, earlier, page};
use crate::{
    Change, ChangeState, Reason, SellerRow, Sellers,
    pages::{queues::due_fact, shown},
    rules::information::CHANGE_FIELDS,
};

pub(super) struct Changing {
    change: Change,
    seller: SellerRow,
}

impl Case for Changing {
    type Id = SellerChangeId;

    const LIST: &'static str = "/operator/sellers/changes";
    const AGREED: &'static str = "change-approved";
    const FIELDS: &'static [&'static str] = CHANGE_FIELDS;

    async fn find(sellers: &Sellers, operator: &Operator, id: Self::Id) -> Result<Self> {
        let mut tx = sellers.app.db.read();
        let change = sellers.change_for_review(&mut tx, operator, id).await?;
        let seller = sellers.seller_for_operator(&mut tx, operator, change.account_id).await?;
        Ok(Self { change, seller })
    }

    fn page(&self, view: &View, now: Timestamp, refused: Option<&Refused<'_>>) -> Page {
        let Self { change, seller } = self;
        let open = change.state == ChangeState::Submitted;
        let mut state = vec![
            (view.t("selling-submitted-at"), view.time(change.submitted_at)),
            due_fact(view, change.due_at, open, now),
        ];
        state.extend(change.decided_at.map(|at| (view.t("selling-decided-at"), view.time(at))));
        page(
            view,
            &seller.name,
            &shown::change_badge(view, change.state),
            &html! {
                (earlier(view, &change.reasons.0))
                (ui::card(None, &ui::facts(&state)))
                (ui::card(Some(&view.t("selling-compare")), &compared(view, change, seller)))
                @if open { (decision(view, (&format!("/operator/sellers/changes/{}", change.id), "approve", change.version), Self::FIELDS, refused)) }
            },
        )
    }

    async fn agree(by: By<'_>, id: Self::Id) -> Result<()> {
        by.sellers.approve_change(by.tx, by.operator, id, by.version).await.map(drop)
    }

    async fn reject(by: By<'_>, id: Self::Id, reasons: &[Reason]) -> Result<()> {
        by.sellers.reject_change(by.tx, by.operator, id, by.version, reasons).await.map(drop)
    }
}

/// What holds beside what shall hold; what differs is marked.
fn compared(view: &View, change: &Change, seller: &SellerRow) -> Markup {
    let rows: Vec<(&str, String, String)> = CHANGE_FIELDS
        .iter()
        .map(|field| (*field, shown::known(&seller.information, field), shown::known(&change.information, field)))
        .collect();
    ui::Table::new(view, view.t("selling-compare"), &rows)
        .column(view.t("selling-compare-field"), |(field, before, after)| html! {
            span.row {
                (view.word("selling-field", field))
                @if before != after { (ui::badge(Tone::Info, &view.t("selling-compare-changed"))) }
            }
        })
        .column(view.t("selling-compare-now"), |(field, before, _)| shown::value(view, field, before))
        .column(view.t("selling-compare-new"), |(field, before, after)| html! {
            @if before == after { span.muted { (view.t("selling-compare-same")) } } @else { (shown::value(view, field, after)) }
        })
        .render()
}
