//! The overviews, the operator's boards, announcements.

mod announcements;
mod buyer;
mod jobs;
mod operator;
mod policy;
mod policy_words;
mod seller;

use platform::http::Routes;
use ui::{Bar, View};

use crate::{Insight, rules::Bucket};

pub(crate) fn routes(insight: &Insight) -> Routes {
    buyer::routes(insight)
        .and(seller::routes(insight))
        .and(operator::routes(insight))
        .and(jobs::routes(insight))
        .and(policy::routes(insight))
        .and(announcements::routes(insight))
}

/// The sums of days or months, as a chart shows them.
fn sums(view: &View, buckets: &[Bucket], name: impl Fn(&Bucket) -> String) -> Vec<Bar> {
    let bar =
        |bucket: &Bucket| Bar { label: name(bucket), value: bucket.sum.minor(), shown: view.money_text(bucket.sum) };
    buckets.iter().map(bar).collect()
}

/// How many there were on each day.
fn counts(view: &View, buckets: &[Bucket]) -> Vec<Bar> {
    let bar = |bucket: &Bucket| Bar { label: day(view, bucket), value: bucket.count, shown: view.count(bucket.count) };
    buckets.iter().map(bar).collect()
}

fn day(view: &View, bucket: &Bucket) -> String {
    view.ta("insight-day", &[("month", bucket.day.month().into()), ("day", bucket.day.day().into())])
}

fn month(view: &View, bucket: &Bucket) -> String {
    view.ta("insight-month", &[("year", bucket.day.year().to_string().into()), ("month", bucket.day.month().into())])
}
