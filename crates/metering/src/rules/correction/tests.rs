use kernel::{
    Currency,
    id::{OrderLineId, ProductId},
};
use serde_json::json;
use sqlx::types::Uuid;

use super::*;
use crate::rules::{
    contract::{Charges, Terms},
    rating::Standing,
};

/// So many days before the day of the tests.
fn ago(days: i64) -> Timestamp {
    Timestamp::from_micros(1_772_380_800_000_000).plus_days(-days)
}

fn now() -> Timestamp {
    ago(0)
}

/// One for each call.
fn contract(closed: bool) -> Contract {
    let meter = json!({ "counts": { "code": "calls", "name": { "en": "Calls", "zh": "调用" }, "unit": { "en": "calls", "zh": "次" } },
        "price": { "model": "fixed", "unit_price": "1" } });
    let prices = serde_json::from_value(json!({ "cycle": "hour", "meters": [meter] })).unwrap();
    let someone = AccountId::from_uuid(Uuid::from_u128(1));
    Contract {
        instance: InstanceId::from_uuid(Uuid::from_u128(1)),
        account: someone,
        seller: someone,
        product: ProductId::from_uuid(Uuid::from_u128(1)),
        line: OrderLineId::from_uuid(Uuid::from_u128(1)),
        title: Localized::default(),
        name: "i-1".to_owned(),
        terms: Terms {
            currency: Currency::CNY,
            zone: "Asia/Shanghai".to_owned(),
            prices,
            fee_basis_points: 500,
            package: None,
        },
        began_at: ago(100),
        closed_at: closed.then(now),
        charged_until: now(),
        standing: Standing::default(),
        charged: Charges::default(),
        unpaid_since: None,
        frozen_at: None,
        thawed: Vec::new(),
        corrections: 0,
        due_at: None,
    }
}

fn calls(calls: i64) -> Worth {
    Worth { quantity: calls * PARTS, covered: 0 }
}

/// A record that has counted some after the other, with those that its buyer has agreed to.
fn chain(days: i64, first: i64, then: &[(i64, bool)]) -> Chain {
    let record = Recorded {
        number: "a".to_owned(),
        meter: "calls".to_owned(),
        worth: calls(first),
        begin: ago(days),
        end: ago(days),
        late_in: None,
        received_at: ago(days),
    };
    let mut before = calls(first);
    let mut corrections = Vec::new();
    for (place, (count, agreed)) in then.iter().enumerate() {
        let after = calls(*count);
        corrections.push(Correction {
            id: UsageCorrectionId::from_uuid(Uuid::from_u128(1)),
            account: contract(false).account,
            seller: contract(false).seller,
            instance: contract(false).instance,
            number: place.to_string(),
            record: "a".to_owned(),
            meter: "calls".to_owned(),
            begin: ago(days),
            charged_with: ago(days),
            late: false,
            before,
            after,
            reason: String::new(),
            state: UsageCorrectionState::Counted,
            asks: agreed.then_some(ConsentReason::Share),
            lapses_at: None,
            most: Decimal::ZERO,
            known_in: None,
            corrected_at: now(),
            decided_at: Some(now()),
        });
        before = after;
    }
    Chain { record, corrections }
}

#[test]
fn less_needs_no_consent_and_more_needs_it_where_the_buyer_would_not_expect_it() {
    // Days ago, first counted, then; ended; counts; added by others; asked why.
    type Case<'c> = (i64, i64, &'c [(i64, bool)], bool, i64, i64, Option<ConsentReason>);
    let cases: &[Case<'_>] = &[
        (1, 100, &[], false, 0, 0, None),
        (44, 100, &[], true, 99, 5_000, None),
        (1, 100, &[], false, 120, 0, None),
        (1, 100, &[], false, 121, 0, Some(ConsentReason::Share)),
        // Small steps add up, from what was recorded; what was agreed to is known.
        (1, 100, &[(120, false)], false, 121, 0, Some(ConsentReason::Share)),
        (1, 100, &[(200, true)], false, 240, 0, None),
        (1, 100, &[(200, true), (0, false)], false, 240, 0, None),
        (1, 100, &[(0, false)], false, 100, 0, None),
        (22, 100, &[], false, 101, 0, Some(ConsentReason::Late)),
        (1, 100, &[], true, 101, 0, Some(ConsentReason::Ended)),
        (1, 10_000, &[], false, 11_000, 0, None),
        (1, 10_000, &[], false, 11_001, 0, Some(ConsentReason::Amount)),
        (1, 10_000, &[], false, 10_100, 901, Some(ConsentReason::Amount)),
    ];
    let rules = Rules::default();
    for (days, first, then, ended, counts, added, wanted) in cases {
        let (contract, chain) = (contract(*ended), chain(*days, *first, then));
        let quantity = counts * PARTS;
        let most = check(&contract, (&chain, "a"), quantity, (&rules, now())).unwrap();
        let asked = consent(&contract, &chain, (quantity, most, Decimal::from(*added)), (&rules, now()));
        assert_eq!(asked, *wanted, "{days} {first} {then:?} {ended} {counts} {added}");
    }
}

#[test]
fn what_cannot_be_corrected_is_refused() {
    let code = |chain: &Chain, corrects: &str, parts: i64| {
        let told = check(&contract(false), (chain, corrects), parts, (&Rules::default(), now()));
        told.err().map(|why| kernel::Refusal::code(&why))
    };
    let once = chain(1, 100, &[(50, false)]);
    assert_eq!(code(&once, "a", 40 * PARTS), None);
    assert_eq!(code(&once, "0", 40 * PARTS), None);
    assert_eq!(code(&once, "a", 50 * PARTS), Some("usage.correction_same"));
    let twice = chain(1, 100, &[(50, false), (60, false)]);
    assert_eq!(code(&twice, "0", 40 * PARTS), Some("usage.correction_outdated"));
    assert_eq!(code(&chain(46, 100, &[]), "a", 0), Some("usage.correction_too_old"));
    assert_eq!(code(&once, "a", 2_000_000 * PARTS), Some("usage.correction_quantity"));
    let often: Vec<(i64, bool)> = (0..50).map(|count| (count, false)).collect();
    assert_eq!(code(&chain(1, 100, &often), "a", 90 * PARTS), Some("usage.correction_times"));
}

#[test]
fn nobody_can_decide_what_has_lapsed() {
    let one = chain(1, 100, &[(500, true)]).corrections.remove(0);
    let waiting = Correction { state: UsageCorrectionState::Waiting, lapses_at: Some(now()), ..one };
    assert_eq!(waiting.state_at(ago(1)), UsageCorrectionState::Waiting);
    assert_eq!(waiting.state_at(now()), UsageCorrectionState::Lapsed);
}

#[test]
fn a_list_of_records_goes_on_where_it_was_left() {
    let page_of = |limit| page(vec![chain(1, 1, &[]), chain(2, 1, &[]), chain(3, 1, &[])], limit);
    let (some, next) = page_of(2);
    assert_eq!((some.len(), read_cursor(next.as_deref()).unwrap()), (2, Some((ago(2), "a".to_owned()))));
    assert_eq!(page_of(3).1, None);
    assert!(read_cursor(Some("nonsense")).is_err());
}
