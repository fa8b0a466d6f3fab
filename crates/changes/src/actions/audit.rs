//! Changes against their order lines, their instances, and their prices computed again.

use jiff::tz::TimeZone;
use kernel::{Result, id::OrderLineId};
use ledger::Difference;
use orders::Line;
use platform::Tx;

use crate::{Changes, rules::Change, store};

/// How many prices are computed again between two reads.
const SOME: i64 = 200;

impl Changes {
    /// The first change that does not fit its line, its instance or its price. Give it the snapshot of the ledger's audit.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        if let Some(row) = store::first_line_drift(tx).await? {
            let what = format!("its order line is {}, which is not what the change says", row.state);
            return Ok(Some(Difference::new("change", place(row.line_id), what)));
        }
        if let Some(row) = store::first_running_drift(tx).await? {
            let what = "it waits for another change than the one that runs".to_owned();
            return Ok(Some(Difference::new("change", format!("instance {}", row.id), what)));
        }
        if let Some(row) = store::first_specification_drift(tx).await? {
            let what = format!("it is of {}, which is not what its last change paid for", row.sku_id);
            return Ok(Some(Difference::new("change", format!("instance {}", row.id), what)));
        }
        self.first_price_drift(tx).await
    }

    async fn first_price_drift(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        let mut after: Option<OrderLineId> = None;
        loop {
            let some = store::after(tx, after, SOME).await?;
            let Some(last) = some.last() else { return Ok(None) };
            after = Some(last.line);
            for change in some {
                let line = self.orders.line(tx, change.line).await?;
                if let Some(what) = self.price_drift(tx, &change, &line).await? {
                    return Ok(Some(Difference::new("change", place(change.line), what)));
                }
            }
        }
    }

    /// What of the price of a change is not what comes of the lines that it names.
    async fn price_drift(&self, tx: &mut Tx, change: &Change, line: &Line) -> Result<Option<String>> {
        let content = &line.content;
        let Some(changes) = &content.changes else { return Ok(Some("its order line changes nothing".to_owned())) };
        let Ok(zone) = TimeZone::get(&changes.time_zone) else {
            return Ok(Some(format!("its days begin in {}, which is no time zone", changes.time_zone)));
        };
        if change.starts_at != content.renews.map(|renews| renews.term.from) {
            return Ok(Some("it does not begin with the term that it was paid with".to_owned()));
        }
        let at = (change.asked_at, &zone);
        let Some(again) = self.orders.change_again(tx, line, at).await? else { return Ok(None) };
        if !content.is_priced_like(&again) {
            return Ok(Some(format!("it costs {} and comes to {}", content.quote.total, again.total)));
        }
        let term = (changes.term, change.asked_at);
        let after = match content.renews {
            Some(_) => pricing::paid_for_term(&content.quote)?,
            None => pricing::paid_after_change(changes.paid_before, &content.quote, term, &zone)?,
        };
        let fits = after == changes.paid_after;
        Ok((!fits).then(|| format!("it leaves the term paid with {}, which comes to {after}", changes.paid_after)))
    }
}

fn place(line: OrderLineId) -> String {
    format!("line {line}")
}
