//! The part of an instance's page that leads to its change, and says how it was changed.

use accounts::Buyer;
use instances::Instance;
use kernel::{Error, Result};
use maud::{Markup, html};
use orders::Line;
use platform::Tx;
use ui::{Tone, View, button_link};

use crate::{
    Changes,
    rules::{Change, ChangeProgress, ChangeRefused},
};

/// Whether something can be changed now.
enum Way {
    Open,
    /// It is of a kind that is changed, and something stands in the way.
    Closed(ChangeRefused),
    None,
}

impl Changes {
    /// What it can be changed to and what was changed, as a part of the page of its instance.
    pub async fn change_part(&self, tx: &mut Tx, view: &View, buyer: &Buyer, instance: &Instance) -> Result<Markup> {
        let past = self.list(tx, buyer, instance.id).await?;
        let way = self.way(tx, buyer, instance).await?;
        let ahead = self.is_ahead_open(tx, buyer, instance).await?;
        let running = past.iter().find(|(change, _)| change.state == ChangeProgress::Running);
        let paid = past.iter().find(|(change, _)| change.state == ChangeProgress::Ahead);
        let nothing = past.is_empty() && matches!(way, Way::None) && !ahead;
        Ok(html! {
            @if !nothing {
                section.card #change {
                    h2 { (view.t("change-title")) }
                    @if let Some((change, line)) = running { (under_way(view, change, line)) }
                    @if let Some((change, line)) = paid { (to_come(view, change, line)) }
                    @match way {
                        Way::Open => {
                            p.muted { (view.t("change-part-text")) }
                            p.row { (button_link(&format!("/console/instances/{}/change", instance.id), &view.t("change-go"), false)) }
                        }
                        // What is to come stands above.
                        Way::Closed(_) if paid.is_some() => {}
                        Way::Closed(why) => p.muted { (view.of(&kernel::Refusal::text(&why))) },
                        Way::None => {}
                    }
                    @if ahead {
                        p.muted { (view.t("renewal-change-part-text")) }
                        p.row { (button_link(&format!("/console/instances/{}/renewal-change", instance.id), &view.t("renewal-change-go"), false)) }
                    }
                    (changes(view, &past))
                }
            }
        })
    }

    /// Whether it can be renewed with another specification now.
    async fn is_ahead_open(&self, tx: &mut Tx, buyer: &Buyer, instance: &Instance) -> Result<bool> {
        let read = self.read(tx, buyer.account(), instance.id).await?;
        Ok(self.may_renew_into(&read).await?.is_ok() && self.deliveries.can_ask(tx, instance, None).await?.is_ok())
    }

    async fn way(&self, tx: &mut Tx, buyer: &Buyer, instance: &Instance) -> Result<Way> {
        let read = self.read(tx, buyer.account(), instance.id).await?;
        match self.may_change(&read) {
            Ok(()) => {}
            Err(why @ (ChangeRefused::RenewedAhead(_) | ChangeRefused::Agreed)) => return Ok(Way::Closed(why)),
            Err(_) => return Ok(Way::None),
        }
        match self.targets(tx, buyer, &read).await {
            Ok(targets) => {
                let another =
                    targets.iter().any(|offer| offer.sku != instance.sku || !offer.plan.quantities.is_empty());
                Ok(if another { Way::Open } else { Way::None })
            }
            Err(Error::Refused(_) | Error::NotFound(_)) => Ok(Way::None),
            Err(other @ (Error::Busy | Error::Fault(_))) => Err(other),
        }
    }
}

fn under_way(view: &View, change: &Change, line: &Line) -> Markup {
    ui::notice(
        Tone::Info,
        &html! {
            p { (view.ta("change-running", &[("title", view.of(&line.content.title).into())])) }
            p { a href={ "/console/orders/" (change.order) } { (view.t("change-order")) } }
        },
    )
}

/// What it becomes with its next term.
fn to_come(view: &View, change: &Change, line: &Line) -> Markup {
    let from = change.starts_at.map(|starts| view.time_text(starts)).unwrap_or_default();
    let told = [("time", from.into()), ("title", view.of(&line.content.title).into())];
    ui::notice(
        Tone::Info,
        &html! {
            p { (view.ta("renewal-change-ahead", &told)) }
            p { a href={ "/console/orders/" (change.order) } { (view.t("change-order")) } }
        },
    )
}

/// The changes that were bought, the last one first, with their orders.
fn changes(view: &View, past: &[(Change, Line)]) -> Markup {
    html! {
        @if !past.is_empty() {
            details {
                summary { (view.ta("change-count", &[("count", past.len().into())])) }
                ul.plain {
                    @for (change, line) in past.iter().rev() {
                        li {
                            a href={ "/console/orders/" (change.order) } { (view.date(change.asked_at)) " · " (view.of(&line.content.title)) }
                            " " span.small.muted { (view.money(line.amount)) " · " (view.word("change-state", change.state.as_str())) }
                        }
                    }
                }
            }
        }
    }
}
