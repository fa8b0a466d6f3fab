//! The inbox, preferences, and what leaves.

use accounts::StaffRole;
use kernel::{Localized, id::MessageId};
use messages::Topic;
use serde_json::{Value, json};

use crate::world::World;

async fn tells(world: &World, token: &str, topic: Topic, title: &str) {
    // The inbox is ordered by the moment of telling, and the clock stands still by itself.
    world.turn_minutes(1);
    let account = world.accounts.member_by_token(token).await.unwrap().account();
    let mut tx = world.app.db.begin().await.unwrap();
    let title = Localized::new(title, format!("{title}（中文）"));
    world.messages.tell(&mut tx, account, topic, title, Localized::new("text", "正文")).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_notice_is_in_the_inbox_and_leaves_by_mail_unless_it_was_switched_off() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    tells(&world, &ada, Topic::Order, "Paid\nBcc: eve").await;
    world.runs_reactions().await;
    let letters = world.letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].starts_with("To: ada@example.com\nSubject: Paid Bcc: eve\n\ntext\n"), "{}", letters[0]);

    let path = "PUT /api/v1/message-preferences/order";
    world.edit(&ada, path, 1, json!({ "mail": false, "sms": false })).await.refused(412, "stale");
    let chosen = world.edit(&ada, path, 0, json!({ "mail": false, "sms": false })).await.is(200);
    assert_eq!(chosen["version"], 1);
    tells(&world, &ada, Topic::Order, "Paid").await;
    tells(&world, &ada, Topic::Refund, "Refunded").await;
    world.runs_reactions().await;
    assert_eq!(world.letters().len(), 2);
    let inbox = world.get(&ada, "/api/v1/messages").await;
    let states: Vec<_> =
        inbox["items"].as_array().unwrap().iter().map(|item| item["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["sent", "inbox", "sent"]);
    assert_eq!(world.get(&ada, "/api/v1/messages?topic=refund").await["items"].as_array().unwrap().len(), 1);
    world.call(&ada, "PUT /api/v1/message-preferences/nothing", json!({})).await.is(428);
}

#[tokio::test]
async fn messages_are_read_one_by_one_or_all() {
    let world = World::new().await;
    let (ada, eve) = (world.owner("ada").await, world.owner("eve").await);
    for title in ["one", "two", "three"] {
        tells(&world, &ada, Topic::Delivery, title).await;
    }
    let unread = || async { world.get(&ada, "/api/v1/messages/unread-count").await["unread"].as_i64() };
    assert_eq!(unread().await, Some(3));
    let inbox = world.get(&ada, "/api/v1/messages?limit=1").await;
    let id: MessageId = inbox["items"][0]["id"].as_str().unwrap().parse().unwrap();
    world.call(&eve, &format!("GET /api/v1/messages/{id}"), Value::Null).await.refused(404, "not_found");
    world.call(&eve, &format!("POST /api/v1/messages/{id}/read"), Value::Null).await.refused(404, "not_found");
    for _ in 0..2 {
        world.call(&ada, &format!("POST /api/v1/messages/{id}/read"), Value::Null).await.is(204);
    }
    assert_eq!(unread().await, Some(2));
    assert_eq!(world.get(&ada, "/api/v1/messages?unread=true").await["items"].as_array().unwrap().len(), 2);
    world.call(&ada, "POST /api/v1/messages/read-all", Value::Null).await.is(204);
    assert_eq!(unread().await, Some(0));
    world.runs_reactions().await;
}

#[tokio::test]
async fn the_staff_who_deal_with_it_are_told() {
    let world = World::new().await;
    let reviewer = world.staff(StaffRole::Reviewer).await;
    let finance = world.staff(StaffRole::Finance).await;
    let mut tx = world.app.db.begin().await.unwrap();
    let title = Localized::new("A transfer waits", "有转账待确认");
    world.messages.tell_operator(&mut tx, Topic::Wallet, title, Localized::new("text", "正文")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.get(&finance, "/api/v1/messages").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.get(&reviewer, "/api/v1/messages").await["items"].as_array().unwrap().len(), 0);
    world.runs_reactions().await;
}
