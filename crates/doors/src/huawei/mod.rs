//! The open API that sellers' software calls at KooGallery (华为云云商店), under the same paths.
//!
//! Requests are signed with an access key of the seller (SDK-HMAC-SHA256). Times are `yyyyMMddHHmmss` in UTC.
//!
//! | status | `error_code` | when |
//! |---|---|---|
//! | 200 | 92020000 | done |
//! | 403 | 92020001 | the key's owner is no seller, or the key may not use the open API |
//! | 500 | 92020001 | our fault |
//! | 400 | 92020002 | `real_effect_time` is no time, or lies before the order or after the term |
//! | 200 | 92020003 | the code is already activated, expired or released |
//! | 200 | 92020005 | the code does not exist, or is of another seller's product |
//! | 200 | 92020011 | the code has not been activated |
//! | 200 | 92020020 | a list holds a code that does not exist |
//! | 400 | 95000001 | a field is missing, too long, or of the wrong type |
//! | 415 | 95000003 | the body is not declared as `application/json` |
//! | 400 | 95000004 | the body is not JSON |
//! | 401 | APIG.0303 | the signature is missing, wrong or too old |
//! | 429 | APIG.0308 | too many requests; see `Retry-After` |
//!
//! 92020004 (not yet received by the buyer) is never answered: our buyers own a code as soon as it is issued.
//!
//! Where the documents are silent: a batch is activated as a whole or not at all; the second version of activate answers
//! `license_code_info` as the text of a list, each entry with its `license`; the second version of heartbeat takes
//! `license_list` and answers a list in the same order, and one unknown code refuses the batch; `check_fail_list` holds the
//! codes whose use was not recorded, beside error code 92020000; a code without end expires at `20991231235959`; a test code
//! belongs to the order `TESTORDER` and the product `TESTPRODUCT`.

mod answer;
mod asset;
mod call;
mod licence;
mod order;
mod request;
mod usage;

use std::sync::Arc;

use platform::http::Routes;

use crate::Doors;

pub(crate) use call::{Call, Wanted};

/// Every call of the open API.
pub(crate) fn routes(doors: Arc<Doors>) -> Routes {
    licence::routes(doors.clone())
        .and(order::routes(doors.clone()))
        .and(asset::routes(doors.clone()))
        .and(usage::routes(doors))
}
