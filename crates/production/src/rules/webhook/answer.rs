//! What a seller's system answers to an event: the HTTP status says how it went, JSON says what it has to tell.
//!
//! | status | means |
//! |---|---|
//! | 2xx | done |
//! | 202 to `instance.create` or `instance.describe` | in the making; it is asked again |
//! | 401, 403 | the signature was not accepted |
//! | 404 | there is no such instance; a release is done with that |
//! | 410 | refused, and it is not tried again; a release is done with that |
//! | any other 4xx | refused, with `{"code": "…"}` saying why |
//! | all others | it failed |

use platform::outgoing::{Fetched, NoAnswer};
use serde_json::Value;

use super::event::EventType;
use crate::rules::{
    answer::{Answer, AppInfo, Check, Checks, INSTANCE_MAX, Info, Read, Standing, link, text, word},
    trouble::{Reason, Trouble},
};

/// What is looked at in the answer to an event.
fn looked_at(event: EventType) -> &'static [Check] {
    match event {
        EventType::Create | EventType::Describe => {
            &[Check::Reached, Check::Success, Check::Reason, Check::Json, Check::Instance, Check::Access]
        }
        EventType::Accepted
        | EventType::Renewed
        | EventType::RenewalReturned
        | EventType::TrialBought
        | EventType::CheckChange
        | EventType::Changed
        | EventType::Frozen
        | EventType::Unfrozen
        | EventType::Released
        | EventType::OrderPlaced
        | EventType::LicenceRenewed
        | EventType::LicenceRenewalReturned
        | EventType::LicenceFrozen
        | EventType::LicenceUnfrozen
        | EventType::LicenceReleased => &[Check::Reached, Check::Success, Check::Reason],
    }
}

/// Reads what came back.
pub(crate) fn read(event: EventType, came: Result<&Fetched, NoAnswer>) -> Read {
    let mut checks = Checks::of(looked_at(event).to_vec());
    let Fetched { status, body, .. } = match came {
        Ok(fetched) => fetched,
        Err(why) => {
            checks.note(Check::Reached, false);
            return checks.end(Err(Trouble::NoAnswer(why)));
        }
    };
    checks.note(Check::Reached, true);
    let fine = (200..300).contains(status);
    checks.note(Check::Success, fine);
    let said = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    if !fine {
        let trouble = refusal(event, *status, said.as_ref(), &mut checks);
        return checks.end(Err(trouble));
    }
    match event {
        EventType::Describe if *status == 202 => {
            checks.end(Err(Trouble::Http { status: 202, reason: Some(Reason::Processing) }))
        }
        EventType::Create | EventType::Describe => described(event, *status == 202, said.as_ref(), checks),
        EventType::Accepted
        | EventType::Renewed
        | EventType::RenewalReturned
        | EventType::TrialBought
        | EventType::CheckChange
        | EventType::Changed
        | EventType::Frozen
        | EventType::Unfrozen
        | EventType::Released
        | EventType::OrderPlaced
        | EventType::LicenceRenewed
        | EventType::LicenceRenewalReturned
        | EventType::LicenceFrozen
        | EventType::LicenceUnfrozen
        | EventType::LicenceReleased => checks.end(Ok(Answer::default())),
    }
}

fn refusal(event: EventType, status: u16, said: Option<&Value>, checks: &mut Checks) -> Trouble {
    let named: Option<Reason> = said.and_then(|said| said["code"].as_str()).and_then(|code| code.trim().parse().ok());
    let reason = match status {
        401 | 403 => Some(Reason::Signature),
        // Of a creation there is nothing to know yet.
        // What is gone is released.
        404 | 410 if matches!(event, EventType::Released | EventType::LicenceReleased) => Some(Reason::UnknownInstance),
        404 | 410 if event != EventType::Create => named.or(Some(Reason::UnknownInstance)),
        400 => named.or(Some(Reason::Invalid)),
        402..=499 => named,
        _ => None,
    };
    if (400..500).contains(&status) && !matches!(status, 401 | 403 | 404) {
        checks.note(Check::Reason, named.is_some());
    }
    Trouble::Http { status, reason }
}

fn described(event: EventType, processing: bool, said: Option<&Value>, mut checks: Checks) -> Read {
    checks.note(Check::Json, said.is_some());
    let Some(said) = said else { return checks.end(Err(Trouble::NotJson)) };
    let instance = word(&said["instance"], INSTANCE_MAX);
    checks.note(Check::Instance, instance.is_some());
    let Some(instance) = instance else { return checks.end(Err(Trouble::NoInstanceId)) };
    let access = access(&said["access"]);
    // Who sends the access by mail need not say it here.
    if let Some(access) = &access {
        checks.note(Check::Access, access.front_end_url.is_some());
    }
    let is_created = event == EventType::Create;
    // What was created without a way in is asked for it by an event of its own.
    let info = if is_created && (access.is_none() || processing) {
        Vec::new()
    } else {
        vec![Info { instance: instance.clone(), access, standing: standing(said) }]
    };
    let instance = is_created.then_some(instance);
    checks.end(Ok(Answer { processing, instance, info, unread: false }))
}

/// How it stands, where the answer says so.
fn standing(said: &Value) -> Standing {
    Standing {
        state: said["state"].as_str().and_then(|state| state.trim().parse().ok()),
        ends: said["expires_at"].as_str().and_then(|ends| ends.trim().parse().ok()),
        sku: word(&said["sku"], SKU_MAX),
        quantities: said["quantities"]
            .as_object()
            .into_iter()
            .flatten()
            .take(QUANTITIES_MAX)
            .filter_map(count)
            .collect(),
    }
}

/// The most letters of a seller's own code, and the most quantities that are looked at.
const SKU_MAX: usize = 100;
const QUANTITIES_MAX: usize = 50;

fn count((name, count): (&String, &Value)) -> Option<(String, u64)> {
    Some((name.clone(), count.as_u64()?))
}

fn access(said: &Value) -> Option<AppInfo> {
    said.is_object().then(|| AppInfo {
        front_end_url: link(&said["front_end_url"]),
        admin_url: link(&said["admin_url"]),
        user_name: word(&said["user_name"], 128),
        password: word(&said["password"], 128),
        memo: text(&said["memo"], 1_024),
        usage: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use kernel::Timestamp;

    use super::*;
    use crate::rules::{
        answer::{Found, Kept},
        trouble::ResultCode,
    };

    fn came(status: u16, body: &str) -> Fetched {
        Fetched {
            status,
            content_type: "application/json".to_owned(),
            body: body.as_bytes().to_vec(),
            retry_after: None,
            signature: None,
        }
    }

    fn answer(event: EventType, status: u16, body: &str) -> Result<Answer, Trouble> {
        read(event, Ok(&came(status, body))).result
    }

    const THERE: &str = r#"{"instance":"i-1","access":{"front_end_url":"https://app.seller.example/1","password":"s3cret","admin_url":"javascript:x"}}"#;

    #[test]
    fn a_creation_is_there_with_its_way_in_or_in_the_making() {
        let there = answer(EventType::Create, 201, THERE).unwrap();
        assert_eq!((there.processing, there.instance.as_deref()), (false, Some("i-1")));
        let access = there.info[0].access.clone().unwrap();
        assert_eq!(access.front_end_url.as_deref(), Some("https://app.seller.example/1"));
        assert_eq!((access.admin_url, access.password.as_deref()), (None, Some("s3cret")), "nothing that runs");
        let making = answer(EventType::Create, 202, THERE).unwrap();
        assert!(making.processing && making.info.is_empty(), "what is not there has no way in");
        assert!(answer(EventType::Create, 200, r#"{"instance":"i-1"}"#).unwrap().info.is_empty());
        assert_eq!(answer(EventType::Create, 200, r#"{"instance":""}"#), Err(Trouble::NoInstanceId));
        assert_eq!(answer(EventType::Create, 204, ""), Err(Trouble::NotJson));
        let asked = answer(EventType::Describe, 200, r#"{"instance":"i-1"}"#).unwrap();
        let said_otherwise = Info { instance: "i-1".to_owned(), access: None, standing: Standing::default() };
        assert_eq!(asked.info, [said_otherwise], "told otherwise");
        let later = answer(EventType::Describe, 202, "").unwrap_err();
        assert_eq!(later.reason(), Some(ResultCode::Processing));
    }

    #[test]
    fn how_it_stands_is_read_where_it_is_said() {
        let stands = |more: &str| {
            let body = format!(r#"{{"instance":"i-1"{more}}}"#);
            answer(EventType::Describe, 200, &body).unwrap().info[0].standing.clone()
        };
        let ends: Option<Timestamp> = "2027-01-31T08:00:00Z".parse().ok();
        let said = stands(r#","state":"frozen","expires_at":"2027-01-31T16:00:00+08:00""#);
        assert_eq!(said, Standing { state: Some(Kept::Frozen), ends, ..Standing::default() });
        let what = stands(r#","sku":"PRO","quantities":{"users":20,"disk":"big","negative":-1}"#);
        assert_eq!((what.sku.as_deref(), what.quantities), (Some("PRO"), [("users".to_owned(), 20)].into()));
        assert_eq!(stands(r#","state":"asleep","expires_at":null"#), Standing::default());
        assert_eq!(stands(r#","state":7,"expires_at":"soon""#), Standing::default());
    }

    #[test]
    fn what_is_told_needs_a_status_and_nothing_else() {
        for status in [200, 202, 204] {
            assert_eq!(answer(EventType::Frozen, status, "no JSON"), Ok(Answer::default()), "{status}");
        }
        for status in [301, 500, 503, 100] {
            assert_eq!(answer(EventType::Frozen, status, ""), Err(Trouble::Http { status, reason: None }));
        }
    }

    #[test]
    fn a_refusal_says_why_and_whether_for_good() {
        use EventType as E;
        let check = |event, status, body: &str, reason: Option<Reason>, final_: bool| {
            let trouble = answer(event, status, body).unwrap_err();
            assert_eq!(trouble, Trouble::Http { status, reason }, "{event} {status} {body}");
            assert_eq!(trouble.is_final(), final_, "{event} {status} {body}");
        };
        check(E::Create, 422, r#"{"code":"sold_out"}"#, Some(Reason::SoldOut), false);
        check(E::Create, 410, r#"{"code":"bought_already"}"#, Some(Reason::BoughtAlready), true);
        check(E::Create, 410, "", None, true);
        check(E::Create, 404, "<html>", None, false);
        check(E::Create, 409, r#"{"code":"of our own"}"#, None, false);
        check(E::Describe, 404, "", Some(Reason::UnknownInstance), false);
        check(E::Released, 410, "", Some(Reason::UnknownInstance), true);
        check(E::Frozen, 401, r#"{"code":"sold_out"}"#, Some(Reason::Signature), false);
        check(E::Frozen, 400, "", Some(Reason::Invalid), false);
        check(E::Frozen, 500, r#"{"code":"sold_out"}"#, None, false);
    }

    #[test]
    fn checks_end_where_the_first_one_that_matters_fails() {
        let found = read(EventType::Create, Ok(&came(422, r#"{"code":"sold_out"}"#))).checks;
        assert_eq!(found[1..3], [(Check::Success, Found::Failed), (Check::Reason, Found::Passed)]);
        assert!(found[3..].iter().all(|(_, found)| *found == Found::NotReached), "{found:?}");
        let found = read(EventType::Create, Ok(&came(201, THERE))).checks;
        assert!(
            found.iter().all(|(check, found)| (*found == Found::NotReached) == (*check == Check::Reason)),
            "{found:?}"
        );
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(body in prop::collection::vec(any::<u8>(), 0..300), status in 100_u16..600, which in 0..EventType::ALL.len()) {
            let event = EventType::ALL[which];
            let fetched = Fetched { status, content_type: String::new(), body, retry_after: None, signature: None };
            let read = read(event, Ok(&fetched));
            let only_told = !matches!(event, EventType::Create | EventType::Describe);
            prop_assert_eq!(read.result.is_ok(), only_told && (200..300).contains(&status));
        }

        #[test]
        fn strange_values_are_left_out(value in "[ -~]{0,80}", wide in ".{0,80}") {
            let said = serde_json::json!({ "instance": value, "access": { "front_end_url": value, "admin_url": wide,
                "user_name": wide, "password": [1], "memo": wide } });
            if let Ok(answer) = answer(EventType::Describe, 200, &said.to_string()) {
                for info in answer.info {
                    prop_assert!((1..=64).contains(&info.instance.chars().count()));
                    let access = info.access.unwrap();
                    prop_assert!(access.password.is_none());
                    for url in [access.front_end_url, access.admin_url].into_iter().flatten() {
                        prop_assert!(url.starts_with("http"));
                    }
                }
            }
        }
    }
}
