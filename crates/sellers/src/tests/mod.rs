//! A seller's way from the first draft to certified business information, on a database of its own.

mod world;

use accounts::{Buyer, Seller};
use kernel::{Timestamp, page::PageQuery};
use platform::http::IfMatch;

use self::world::{COMPANY, World, business, code, form, member, reasons};
use crate::{Accepted, ApplicationState, CertificationState, ChangeState, FinanceContact, Form, Information};

/// Walks a company through its application: draft, refused submissions, rejection, correction, approval.
async fn admitted(world: &World, email: &str) -> Seller {
    let (sellers, operator) = (&world.sellers, &world.operator);
    let (buyer, licence) = world.company(email).await;
    let (empty, full, accepted) = (Form::default(), form(licence), world.accepted().await);
    let draft = world.does(async |tx| sellers.begin_application(tx, &buyer, &empty).await).await;
    let second = world.refuses(async |tx| sellers.begin_application(tx, &buyer, &empty).await).await;
    assert_eq!(second, "seller.application_exists");
    let seen = IfMatch(draft.version);
    let incomplete = world.refuses(async |tx| sellers.submit_application(tx, &buyer, seen, &accepted).await).await;
    assert_eq!(incomplete, "invalid");
    let saved = world.does(async |tx| sellers.save_application(tx, &buyer, seen, &full).await).await;
    let stale = world.refuses(async |tx| sellers.save_application(tx, &buyer, seen, &full).await).await;
    assert_eq!(stale, "stale");
    let hidden = world.refuses(async |tx| sellers.application_for_review(tx, operator, saved.id).await).await;
    assert_eq!(hidden, "not_found", "a draft is the applicant's alone");

    let seen = IfMatch(saved.version);
    let old = Accepted { version: "2020".to_owned(), ..accepted.clone() };
    let outdated = world.refuses(async |tx| sellers.submit_application(tx, &buyer, seen, &old).await).await;
    assert_eq!(outdated, "seller.agreement_changed");
    let sent = world.does(async |tx| sellers.submit_application(tx, &buyer, seen, &accepted).await).await;
    // Monday 10:00 in Shanghai and three working days.
    assert_eq!(sent.due_at, Some("2026-11-26T02:00:00Z".parse::<Timestamp>().unwrap()));
    let (seen, why) = (IfMatch(sent.version), reasons("business_licence"));
    let rejected = world.does(async |tx| sellers.reject_application(tx, operator, sent.id, seen, &why).await).await;
    assert_eq!(rejected.state, ApplicationState::Rejected);
    assert_eq!(rejected.reasons[0].message.zh, why[0].message, "nobody translates what the operator wrote");

    let seen = IfMatch(rejected.version);
    let sent = world.does(async |tx| sellers.submit_application(tx, &buyer, seen, &accepted).await).await;
    let seen = IfMatch(sent.version);
    let approved = world.does(async |tx| sellers.approve_application(tx, operator, sent.id, seen).await).await;
    let seen = IfMatch(approved.version);
    let twice = world.refuses(async |tx| sellers.approve_application(tx, operator, sent.id, seen).await).await;
    assert_eq!(twice, "seller.wrong_state");
    Seller::try_from(member(&sellers.accounts, email).await).unwrap()
}

#[tokio::test]
async fn a_company_becomes_a_seller_and_no_other_account_sells_for_it() {
    let world = World::new().await;
    let sellers = &world.sellers;
    let seller = admitted(&world, "owner@cloudco.example").await;
    assert_eq!(world.reacts().await, 4);
    let mut tx = sellers.app.db.read();
    let profile = sellers.profile(&mut tx, seller.account()).await.unwrap();
    assert_eq!((profile.name.as_str(), profile.regions.len()), (COMPANY, 0));
    assert_eq!(code(sellers.may_publish(&mut tx, seller.account()).await), "seller.business_information_missing");
    let buyer = Buyer::try_from(member(&sellers.accounts, "owner@cloudco.example").await).unwrap();
    let page = PageQuery::default().checked().unwrap();
    let accepted = sellers.acceptances(&mut tx, &buyer, page).await.unwrap().items;
    assert_eq!(accepted.len(), 2);
    assert_eq!((accepted[0].from_address.as_str(), accepted[0].version.as_str()), ("203.0.113.7", "2026-01"));
    let listed = sellers.applications(&mut tx, &world.operator, Some(ApplicationState::Approved), page).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    assert_eq!(sellers.list(&mut tx, &world.operator, page).await.unwrap().items.len(), 1);

    let (other, licence) = world.company("other@cloudco.example").await;
    let full = form(licence);
    let theirs = world.does(async |tx| sellers.begin_application(tx, &other, &full).await).await;
    let (accepted, seen) = (world.accepted().await, IfMatch(theirs.version));
    let taken = world.refuses(async |tx| sellers.submit_application(tx, &other, seen, &accepted).await).await;
    assert_eq!(taken, "seller.company_taken");
    let licence = sellers.application(&mut tx, &buyer).await.unwrap().form.business_licence;
    let id = licence.unwrap();
    let documents = &sellers.documents;
    assert_eq!(code(documents.view(&mut tx, &other, id).await), "not_found");
    assert_eq!(documents.view(&mut tx, &world.operator, id).await.unwrap().account_id, buyer.account());
    assert_eq!(documents.list(&mut tx, &buyer, page).await.unwrap().items.len(), 1);
    let borrowed = Form { business_licence: licence, ..Form::default() };
    let foreign = world.refuses(async |tx| sellers.save_application(tx, &other, seen, &borrowed).await).await;
    assert_eq!(foreign, "invalid", "another account's document cannot be handed in");
}

#[tokio::test]
async fn business_information_is_certified_or_blocked_after_three_failures() {
    use CertificationState::{Certified, Rejected, Replaced, Submitted};
    let world = World::new().await;
    let (sellers, operator) = (&world.sellers, &world.operator);
    let seller = admitted(&world, "owner@cloudco.example").await;
    let submit = async |holder: &str| {
        let sent = business(holder);
        world.tries(async |tx| sellers.submit_business_information(tx, &seller, &sent).await).await
    };
    for _ in 0..2 {
        let refused = submit("Somebody Else").await.unwrap();
        assert_eq!((refused.state, refused.reasons[0].field.as_str()), (Rejected, "account_holder"));
    }
    let sent = submit("CLOUDCO software Ltd.").await.unwrap();
    assert_eq!((sent.state, sent.account_number_masked.as_str()), (Submitted, "********6789"));
    assert_eq!(code(submit(COMPANY).await), "seller.business_information_open");
    let (seen, why) = (IfMatch(sent.version), reasons("bank"));
    world.does(async |tx| sellers.reject_business_information(tx, operator, sent.id, seen, &why).await).await;
    assert_eq!(code(submit(COMPANY).await), "seller.business_information_blocked");
    let account = seller.account();
    let first = PageQuery::default().checked().unwrap();
    let blocked = async || sellers.blocked(&mut sellers.app.db.read(), operator, first).await.unwrap().items.len();
    assert_eq!(blocked().await, 1);
    world.does(async |tx| sellers.lift_business_block(tx, operator, account).await).await;
    let twice = world.refuses(async |tx| sellers.lift_business_block(tx, operator, account).await).await;
    assert_eq!(twice, "seller.not_blocked");
    assert_eq!(blocked().await, 0);
    for _ in 0..2 {
        let sent = submit(COMPANY).await.unwrap();
        let seen = IfMatch(sent.version);
        world.does(async |tx| sellers.certify_business_information(tx, operator, sent.id, seen).await).await;
    }
    let mut tx = sellers.app.db.read();
    sellers.may_publish(&mut tx, account).await.unwrap();
    let profile = sellers.profile(&mut tx, account).await.unwrap();
    assert_eq!((profile.regions, profile.entities), (vec!["CN".to_owned()], vec!["CN1".to_owned()]));
    let page = PageQuery::default().checked().unwrap();
    let all = sellers.own_business_information(&mut tx, &seller, page).await.unwrap().items;
    let mut states: Vec<_> = all.iter().map(|one| one.state).collect();
    states.sort_unstable();
    assert_eq!(states, [Certified, Rejected, Rejected, Rejected, Replaced]);
    assert_eq!(sellers.certifications(&mut tx, operator, Some(Rejected), page).await.unwrap().items.len(), 3);
    assert_eq!(world.reacts().await, 4 + 2 + 2 + 4);
}

#[tokio::test]
async fn new_information_holds_after_approval_and_the_finance_contact_at_once() {
    let world = World::new().await;
    let (sellers, operator) = (&world.sellers, &world.operator);
    let seller = admitted(&world, "owner@cloudco.example").await;
    let present = sellers.own(&mut sellers.app.db.read(), &seller).await.unwrap();
    let hours = Some("Mon–Fri 09:00–18:00".to_owned());
    let wanted = Information { service_hours: hours.clone(), ..present.information.0.clone() };
    let submit = async |new: &Information| world.tries(async |tx| sellers.submit_change(tx, &seller, new).await).await;
    assert_eq!(code(submit(&present.information.0).await), "seller.nothing_changed");
    let first = submit(&wanted).await.unwrap();
    assert_eq!(code(submit(&wanted).await), "seller.change_open");
    let withdrawn = world.does(async |tx| sellers.withdraw_change(tx, &seller, first.id).await).await;
    assert_eq!(withdrawn.state, ChangeState::Withdrawn);
    let second = submit(&wanted).await.unwrap();
    let (seen, why) = (IfMatch(second.version), reasons("service_hours"));
    world.does(async |tx| sellers.reject_change(tx, operator, second.id, seen, &why).await).await;
    let held = sellers.own(&mut sellers.app.db.read(), &seller).await.unwrap();
    assert_eq!(held.information, present.information);
    let third = submit(&wanted).await.unwrap();
    let seen = IfMatch(third.version);
    world.does(async |tx| sellers.approve_change(tx, operator, third.id, seen).await).await;
    let profile = sellers.profile(&mut sellers.app.db.read(), seller.account()).await.unwrap();
    assert_eq!(profile.service_hours, hours);

    let contact = FinanceContact {
        name: "Wang Wei".to_owned(),
        phone: "13900139000".to_owned(),
        email: "finance@cloudco.example".to_owned(),
    };
    let set = async |seen| world.tries(async |tx| sellers.set_finance_contact(tx, &seller, seen, &contact).await).await;
    assert_eq!(code(set(IfMatch(present.version)).await), "stale");
    set(IfMatch(present.version + 1)).await.unwrap();
    let held = sellers.own(&mut sellers.app.db.read(), &seller).await.unwrap();
    assert_eq!(held.finance_contact.unwrap().0, contact);
    let page = PageQuery::default().checked().unwrap();
    assert_eq!(sellers.own_changes(&mut sellers.app.db.read(), &seller, page).await.unwrap().items.len(), 3);
    assert_eq!(sellers.changes(&mut sellers.app.db.read(), operator, None, page).await.unwrap().items.len(), 3);
    assert_eq!(world.reacts().await, 4 + 3 + 2);
}
