use jiff::tz::TimeZone;
use kernel::{Currency, time::HOUR};
use proptest::prelude::*;
use serde_json::json;
use sqlx::types::Uuid;

use super::*;

fn at(hour: i64) -> Timestamp {
    // Midnight of 2 March 2026 in Shanghai.
    Timestamp::from_micros(1_772_380_800_000_000).plus_micros(hour * HOUR)
}

fn id(number: u128) -> InstanceId {
    InstanceId::from_uuid(Uuid::from_u128(number))
}

fn package(amount: &str, reset: Option<&str>) -> Package {
    serde_json::from_value(json!({
        "counts": { "code": "calls", "name": { "en": "Calls", "zh": "调用" }, "unit": { "en": "calls", "zh": "次" } },
        "amount": amount, "term": { "unit": "day", "count": 30 }, "reset": reset, "price": { "base": "9.00" },
        "overage": { "then": "stop" }
    }))
    .unwrap()
}

/// A package by its number, with the hours from which and until which it holds.
fn held(number: u128, (from, until): (i64, i64), package: Package) -> Held {
    let line = OrderLineId::from_uuid(Uuid::from_u128(number));
    let account = AccountId::from_uuid(Uuid::from_u128(1));
    Held {
        instance: id(number),
        account,
        seller: account,
        product: ProductId::from_uuid(Uuid::from_u128(1)),
        line,
        title: Localized::default(),
        package,
        zone: "Asia/Shanghai".to_owned(),
        term: Period { from: at(from), until: at(until) },
        ended_at: None,
        returned: false,
        stopped_at: None,
        watch: Watch::default(),
        again: None,
        noticed: None,
        due_at: None,
    }
}

fn pool(held: Vec<Held>) -> Pool {
    Pool { held, fillings: BTreeMap::new() }
}

fn whole() -> Package {
    package("10", None)
}

#[test]
fn the_package_that_ends_first_is_taken_from_first_then_the_one_that_was_bought_first() {
    // Number, from, until; who is asked for; at which hour; the order.
    type Case<'c> = (&'c [(u128, i64, i64)], Option<u128>, i64, &'c [u128]);
    let cases: &[Case<'_>] = &[
        (&[(1, 0, 900), (2, 0, 100), (3, 0, 500)], None, 5, &[2, 3, 1]),
        (&[(1, 2, 100), (2, 1, 100), (3, 3, 100)], None, 5, &[2, 1, 3]),
        (&[(1, 1, 100), (2, 1, 100)], None, 5, &[1, 2]),
        // The one that it was reported for comes before.
        (&[(1, 0, 900), (2, 0, 100)], Some(1), 5, &[1, 2]),
        (&[(1, 0, 900), (2, 0, 100)], Some(7), 5, &[2, 1]),
        // What has not begun, or is over, covers nothing.
        (&[(1, 6, 900), (2, 0, 5), (3, 0, 6)], None, 5, &[3]),
        (&[(1, 6, 900)], Some(1), 5, &[]),
        (&[(1, 5, 900)], None, 5, &[1]),
    ];
    for (all, asked, hour, wanted) in cases {
        let pool = pool(all.iter().map(|(number, from, until)| held(*number, (*from, *until), whole())).collect());
        let order: Vec<InstanceId> =
            pool.in_order(at(*hour), asked.map(id)).into_iter().map(|place| pool.held[place].instance).collect();
        let wanted: Vec<InstanceId> = wanted.iter().map(|number| id(*number)).collect();
        assert_eq!(order, wanted, "{all:?} {asked:?}");
    }
}

#[test]
fn what_was_ended_or_given_back_covers_nothing_from_then_on() {
    let ended = Held { ended_at: Some(at(3)), ..held(1, (0, 100), whole()) };
    let mut some = pool(vec![ended.clone()]);
    assert_eq!(some.cover((at(3), 5), None), []);
    assert_eq!(some.cover((at(2), 5), None).len(), 1, "what was used before it ended is covered");
    let mut none = pool(vec![Held { returned: true, ..ended }]);
    assert_eq!(none.cover((at(2), 5), Some(id(1))), []);
}

#[test]
fn a_package_is_full_again_with_each_cycle_and_what_was_left_lapses() {
    let daily = held(1, (0, 24 * 30), package("10", Some("day")));
    let mut some = pool(vec![daily]);
    let covered = |some: &mut Pool, hour: i64, quantity: i64| -> i64 {
        some.cover((at(hour), quantity * PARTS), None).iter().map(|cover| cover.quantity / PARTS).sum()
    };
    assert_eq!(covered(&mut some, 1, 7), 7);
    assert_eq!(covered(&mut some, 23, 7), 3, "the rest of the day");
    assert_eq!(covered(&mut some, 24, 12), 10, "no more than one filling, whatever was left");
    assert_eq!(covered(&mut some, 3, 1), 0, "a late record finds its own day used up");
    assert_eq!(covered(&mut some, 24 * 30 - 1, 12), 10);
    assert_eq!(covered(&mut some, 24 * 30, 1), 0, "it is over");
}

#[test]
fn one_that_begins_in_the_middle_of_a_second_covers_that_second_of_its_own_use_alone() {
    let begun = Held { term: Period { from: at(1).plus_micros(500_000), until: at(100) }, ..held(1, (0, 1), whole()) };
    let mut some = pool(vec![begun]);
    assert_eq!(some.cover((at(1), 5), None), []);
    assert_eq!(some.cover((at(1), 5), Some(id(1))).len(), 1);
    assert_eq!(some.cover((at(1).plus_micros(-1), 5), Some(id(1))), []);
}

fn rules() -> Rules {
    Rules::default()
}

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// What has to be done about a package of which so much is left of 10.
fn due(held: &Held, left: i64, elsewhere: bool, hour: i64) -> Vec<Act> {
    let (filling, amount) = (held.filling(at(hour)), held.amount());
    let look = Look { filling, amount, left: left * PARTS, elsewhere, moves_at: None };
    held.due(&look, (&rules(), &zone()), at(hour))
}

fn again(tried: Option<Tried>) -> Again {
    Again {
        at: Some(Threshold::Amount { quantity: Decimal::from(2) }),
        price_max: Money::of(900, Currency::CNY),
        agreed_at: at(0),
        agreed_by: UserId::from_uuid(Uuid::from_u128(1)),
        tried,
        bought_at: None,
        order: None,
    }
}

#[test]
fn an_alarm_is_told_once_in_each_filling() {
    let alarm = Some(Threshold::Share { percent: 30 });
    let mut daily = held(1, (0, 24 * 30), package("10", Some("day")));
    daily.watch.alarm = alarm;
    assert_eq!(due(&daily, 4, false, 1), []);
    assert_eq!(due(&daily, 3, false, 1), [Act::Alarm]);
    daily.watch.told_in = Some(at(0));
    assert_eq!(due(&daily, 1, false, 1), []);
    assert_eq!(due(&daily, 3, false, 25), [Act::Alarm], "the next day it is another one");
    assert_eq!(due(&daily, 3, false, 24 * 30), [], "what is over is not told of");
}

#[test]
fn it_is_bought_again_once_and_tried_as_often_as_the_rules_say() {
    let mut one = held(1, (0, 24 * 300), whole());
    one.watch.again = Some(again(None));
    assert_eq!(due(&one, 3, true, 1), []);
    assert_eq!(due(&one, 2, true, 1), [Act::Buy]);
    let tried = |times: u32| Tried { filling: at(0), times, at: at(1), trouble: PackageTrouble::Funds };
    one.watch.again = Some(again(Some(tried(1))));
    assert_eq!(due(&one, 2, true, 24), []);
    assert_eq!(due(&one, 2, true, 25), [Act::Buy]);
    let look = Look { filling: one.filling(at(2)), amount: one.amount(), left: 0, elsewhere: true, moves_at: None };
    assert_eq!(one.next_look(&look, (&rules(), &zone()), at(2)), Some(at(25)));
    one.watch.again = Some(again(Some(tried(7))));
    assert_eq!(due(&one, 2, true, 100), [], "it is given up");
    one.watch.again = Some(again(None));
    one.again = Some(one.line);
    assert_eq!(due(&one, 0, true, 1), [], "it was bought again");
}

#[test]
fn one_that_was_bought_automatically_is_not_bought_again_at_once() {
    let mut one = held(1, (0, 24 * 300), whole());
    one.watch.again = Some(Again { bought_at: Some(at(1)), ..again(None) });
    assert_eq!(due(&one, 0, true, 24), []);
    let look = Look { filling: one.filling(at(2)), amount: one.amount(), left: 0, elsewhere: true, moves_at: None };
    assert_eq!(one.next_due(&look, (&rules(), &zone()), at(2)), Some(at(25)));
    assert_eq!(due(&one, 0, true, 25), [Act::Buy]);
}

#[test]
fn one_that_is_used_up_is_looked_after_when_another_one_is_full_again_or_over() {
    let stops = held(1, (0, 24 * 20), whole());
    let daily = held(2, (0, 24 * 10), package("10", Some("day")));
    let once = held(3, (0, 30), whole());
    let mut some = pool(vec![stops.clone(), daily, once]);
    let mut look = |hour: i64| some.look(0, at(hour)).unwrap();
    assert_eq!((look(1).moves_at, look(25).moves_at, look(31).moves_at), (Some(at(24)), Some(at(30)), Some(at(48))));
    let next = |look: Look, one: &Held| one.next_due(&look, (&rules(), &zone()), at(25));
    assert_eq!(next(Look { left: 0, ..look(25) }, &stops), Some(at(30)));
    let stopped = Held { stopped_at: Some(at(25)), ..stops.clone() };
    assert_eq!(next(Look { left: 0, elsewhere: false, ..look(25) }, &stopped), Some(at(30)));
    let notice = Some(at(24 * 13 + 10));
    assert_eq!(next(look(25), &stops), notice, "something of it is left");
}

#[test]
fn what_is_used_up_stops_unless_another_one_covers_it() {
    let one = held(1, (0, 24 * 300), whole());
    assert_eq!(due(&one, 0, false, 1), [Act::Stop]);
    assert_eq!(due(&one, 0, true, 1), []);
    let stopped = Held { stopped_at: Some(at(1)), ..one.clone() };
    assert_eq!((due(&stopped, 0, false, 2), due(&stopped, 0, true, 2)), (vec![], vec![Act::Resume]));
    let mut charged = one;
    charged.package.overage = Overage::OnDemand { billing: beyond(&charged.package) };
    assert_eq!(due(&charged, 0, false, 1), [], "what goes beyond it is charged");
}

#[test]
fn its_end_is_told_of_some_days_before() {
    // It begins at midnight of the first day and ends with the thirtieth.
    let one = held(1, (0, 24 * 30), whole());
    // At ten on the 23rd and the 29th day: so many days before the day on which it ends.
    assert_eq!(due(&one, 5, false, 24 * 23 + 9), []);
    assert_eq!(due(&one, 5, false, 24 * 23 + 10), [Act::Notice(7)]);
    assert_eq!(due(&one, 5, false, 24 * 29 + 10), [Act::Notice(1)], "what was missed is not made up for");
    let told = Held { noticed: Some(7), ..one.clone() };
    assert_eq!(due(&told, 5, false, 24 * 24), []);
    let look = Look { filling: told.filling(at(0)), amount: told.amount(), left: 1, elsewhere: false, moves_at: None };
    assert_eq!(told.next_look(&look, (&rules(), &zone()), at(24 * 24)), Some(at(24 * 29 + 10)));
    let short = held(1, (0, 24), whole());
    assert_eq!(due(&short, 5, false, 1), [], "no notice falls before its beginning");
}

#[test]
fn the_same_package_gives_the_same_whatever_it_costs() {
    let one = held(1, (0, 24), whole());
    let dearer: Package = serde_json::from_value(json!({
        "counts": { "code": "calls", "name": { "en": "Requests", "zh": "请求" }, "unit": { "en": "calls", "zh": "次" } },
        "amount": "10.0", "term": { "unit": "day", "count": 30 }, "price": { "base": "10.00" }, "overage": { "then": "stop" }
    }))
    .unwrap();
    assert!(one.is_like(&dearer));
    for other in [package("9", None), package("10", Some("day"))] {
        assert!(!one.is_like(&other));
    }
    let shorter = Package { term: pricing::Term { unit: pricing::PeriodUnit::Day, count: 29 }, ..dearer.clone() };
    assert!(!one.is_like(&shorter));
    let charged = Package { overage: Overage::OnDemand { billing: beyond(&dearer) }, ..dearer };
    assert!(!one.is_like(&charged));
}

proptest! {
    #[test]
    fn what_is_covered_and_what_is_left_is_what_it_held_and_nothing_is_covered_twice(
        packages in prop::collection::vec((0_i64..100, 1_i64..200, 1_i64..50, any::<bool>()), 1..6),
        uses in prop::collection::vec((0_i64..300, 1_i64..400_000, prop::option::of(1_u128..7)), 1..60),
    ) {
        let all: Vec<Held> = (1_u128..).zip(&packages).map(|(number, (from, long, amount, resets))| {
            held(number, (*from, from + long), package(&amount.to_string(), resets.then_some("day")))
        }).collect();
        let mut pool = pool(all.clone());
        let mut taken: BTreeMap<(InstanceId, Timestamp), i64> = BTreeMap::new();
        for (hour, quantity, asked) in &uses {
            let before = pool.clone();
            let covers = pool.cover((at(*hour), *quantity), asked.map(id));
            let sum: i64 = covers.iter().map(|cover| cover.quantity).sum();
            prop_assert!(sum <= *quantity);
            for cover in &covers {
                let one = all.iter().find(|one| one.instance == cover.package).unwrap();
                prop_assert!(one.term.contains(at(*hour)), "it holds at the moment of the use");
                prop_assert!(one.filling(at(*hour)).from == cover.filling && cover.quantity > 0);
                *taken.entry((cover.package, cover.filling)).or_default() += cover.quantity;
            }
            // As much as there was, in the order of the packages.
            let order = before.in_order(at(*hour), asked.map(id));
            let mut open = *quantity;
            for place in order {
                let had = before.clone().left(place, at(*hour));
                let one = covers.iter().find(|cover| cover.package == all[place].instance);
                prop_assert_eq!(one.map_or(0, |cover| cover.quantity), had.min(open));
                open -= had.min(open);
            }
            prop_assert_eq!(sum, *quantity - open);
        }
        for (key, filling) in &pool.fillings {
            let sum = taken.get(key).copied().unwrap_or(0);
            prop_assert!(sum <= filling.amount, "never below nothing");
            prop_assert_eq!(sum + filling.left(), filling.amount);
        }
        prop_assert!(taken.keys().all(|key| pool.fillings.contains_key(key)));
    }
}
