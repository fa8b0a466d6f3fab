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
    priced(&json!({ "price": { "model": "fixed", "unit_price": "1" } }), closed)
}

fn priced(price: &serde_json::Value, closed: bool) -> Contract {
    let mut meter = price.clone();
    meter["counts"] =
        json!({ "code": "calls", "name": { "en": "Calls", "zh": "调用" }, "unit": { "en": "calls", "zh": "次" } });
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
            turn: i64::try_from(place).ok(),
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
        let most = check(&contract, (&chain, &correcting("a")), (quantity, None), (&rules, now())).unwrap();
        let asked = consent(&contract, &chain, (quantity, most, Decimal::from(*added)), (&rules, now()));
        assert_eq!(asked, *wanted, "{days} {first} {then:?} {ended} {counts} {added}");
    }
}

fn correcting(corrects: &str) -> Wanted {
    let nothing = String::new;
    let corrects = corrects.to_owned();
    Wanted { number: None, corrects, meter: nothing(), kind: nothing(), quantity: nothing(), reason: nothing() }
}

#[test]
fn consent_is_asked_by_what_it_costs() {
    // What it is priced by; first counted, then; ended; added by others; costs at most; asked why.
    type Case<'c> = (&'c serde_json::Value, i64, i64, bool, i64, i64, Option<ConsentReason>);
    let volume = |first: &str, then: &str| json!({ "price": { "model": "volume", "ranges": [{ "up_to": "1000", "unit_price": first }, { "unit_price": then }] } });
    let falling = volume("1", "0.5");
    let mut free = falling.clone();
    free["allowance"] = json!({ "quantity": "10", "cycle": "month" });
    let stairs = json!({ "accumulation": "month",
        "price": { "model": "stair_step", "stairs": [{ "up_to": "1000", "price": "20" }, { "price": "35" }] } });
    let rising = volume("0.01", "1");
    // What is free for one record is not for others, each of which begins a package of its own.
    let sized = json!({ "allowance": { "quantity": "1000", "cycle": "month" },
        "price": { "model": "package_size", "size": 1000, "price": "50" } });
    let cases: &[Case<'_>] = &[
        (&falling, 1_001, 1_000, false, 0, 499, None),
        (&falling, 1_001, 1_000, false, 501, 499, Some(ConsentReason::Amount)),
        (&falling, 1_001, 1_000, true, 0, 499, Some(ConsentReason::Ended)),
        (&falling, 1_001, 400, true, 0, 0, None),
        (&falling, 4_000, 3_000, true, 0, 0, None),
        (&falling, 900, 1_000, false, 0, 100, None),
        (&rising, 1_000, 1_001, false, 0, 991, None),
        (&rising, 1_000, 1_001, false, 10, 991, Some(ConsentReason::Amount)),
        (&rising, 1_001, 1_000, true, 0, 0, None),
        (&free, 1_001, 0, false, 0, 500, None),
        (&free, 100, 101, false, 0, 1, None),
        (&stairs, 1_001, 1_000, true, 0, 0, None),
        (&stairs, 1_000, 1_001, false, 0, 35, None),
        (&sized, 500, 501, false, 0, 500_050, Some(ConsentReason::Amount)),
        (&sized, 501, 500, true, 0, 0, None),
    ];
    let rules = Rules::default();
    for (price, first, then, ended, added, most, asked) in cases {
        let (contract, chain) = (priced(price, *ended), chain(1, *first, &[]));
        let quantity = then * PARTS;
        let told = check(&contract, (&chain, &correcting("a")), (quantity, None), (&rules, now())).unwrap();
        let case = format!("{price} {first} {then} {ended} {added}: {told}");
        let most = Decimal::from(*most);
        assert!(told >= most && told < most + Decimal::ONE, "{case}");
        assert_eq!(
            consent(&contract, &chain, (quantity, told, Decimal::from(*added)), (&rules, now())),
            *asked,
            "{case}"
        );
    }
}

#[test]
fn what_was_paid_in_advance_is_worth_what_it_cost() {
    let contract = priced(&json!({ "price": { "model": "fixed", "unit_price": "0" } }), false);
    let most = |then: i64| {
        let ahead = Some(Decimal::from(3));
        check(&contract, (&chain(1, 1_000, &[]), &correcting("a")), (then * PARTS, ahead), (&Rules::default(), now()))
    };
    assert_eq!((most(1_100).unwrap(), most(900).unwrap()), (Decimal::from(300), Decimal::ZERO));
}

#[test]
fn what_corrects_a_record_is_of_its_meter_or_says_none() {
    let told = |meter: &str, kind: &str| {
        let wanted = Wanted { meter: meter.to_owned(), kind: kind.to_owned(), ..correcting("a") };
        check(&contract(false), (&chain(1, 100, &[]), &wanted), (0, None), (&Rules::default(), now())).is_ok()
    };
    assert_eq!(
        [told("", ""), told("", "calls"), told("calls", "any"), told("", "com.example.used"), told("tokens", "calls")],
        [true, true, true, true, false]
    );
}

#[test]
fn what_cannot_be_corrected_is_refused() {
    let code = |chain: &Chain, corrects: &str, parts: i64| {
        let told = check(&contract(false), (chain, &correcting(corrects)), (parts, None), (&Rules::default(), now()));
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
    assert_eq!(code(&chain(1, 100, &often), "a", 0), None, "less keeps no money back");
    let ever: Vec<(i64, bool)> = (0..200).map(|count| (count, false)).collect();
    assert_eq!(code(&chain(1, 100, &ever), "a", 0), Some("usage.correction_times"));
    // What packages cover is not what its seller wanted.
    let mut covered = chain(1, 100, &[(100, false); 60]);
    for (place, one) in covered.corrections.iter_mut().enumerate() {
        one.after.covered = i64::try_from(place + 1).unwrap() * PARTS;
    }
    assert_eq!((code(&covered, "a", 101 * PARTS), code(&covered, "59", 0)), (None, Some("usage.correction_outdated")));
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
