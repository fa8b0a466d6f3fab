//! The checkout as a page: looking at it keeps nothing, and what is accepted is what was seen.

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use kernel::id::OrderId;
use kontor::{
    server,
    stage::{Stage, client::text},
};
use tower::ServiceExt;

use crate::stories::{months, order};

on_both!(
    what_is_accepted_is_what_was_seen,
    a_list_of_orders_is_sorted_as_a_whole,
    nobody_learns_what_another_order_cost_by_paging_behind_it,
);

/// The pages of a marketplace, for somebody with a token.
pub(crate) struct Pages<'s> {
    stage: &'s Stage,
    router: Router,
    token: String,
}

impl<'s> Pages<'s> {
    pub(crate) fn of(stage: &'s Stage, token: &str) -> Self {
        Self { stage, router: server::router(&stage.kontor, None), token: token.to_owned() }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, form: String) -> anyhow::Result<(u16, String, String)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))?;
        let response = self.router.clone().oneshot(request).await?;
        let to = response.headers().get(header::LOCATION).map_or("", |to| to.to_str().unwrap_or_default()).to_owned();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await?;
        Ok((status, to, String::from_utf8(body.to_vec())?))
    }

    pub(crate) async fn open(&self, path: &str) -> anyhow::Result<String> {
        let (status, _, page) = self.ask(Method::GET, path, String::new()).await?;
        ensure!(status == 200, "{path}: {status} {page}");
        Ok(page)
    }

    /// Looks at a choice and accepts it.
    async fn buys(&self, sku: &str, users: u32) -> anyhow::Result<()> {
        let choice = format!("sku={sku}&q.users={users}&periods=1");
        let page = self.open(&format!("/checkout?{choice}")).await?;
        let form = format!("{choice}&pay=now&seen={}", seen(&page)?);
        let (status, to, page) = self.ask(Method::POST, "/checkout", form).await?;
        ensure!(status == 303 && to.starts_with("/console/orders/ord_"), "{status} {to} {page}");
        Ok(())
    }

    async fn quotes(&self) -> anyhow::Result<i64> {
        let mut tx = self.stage.kontor.app.db.read();
        let count: (i64,) = tx.fetch_one("select cast(count(*) as bigint) from quote", vec![]).await?;
        Ok(count.0)
    }
}

/// What a page of the checkout will have been accepted by.
pub(crate) fn seen(page: &str) -> anyhow::Result<String> {
    let (_, rest) = page.split_once("name=\"seen\" value=\"").context("the page says what was seen")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

async fn what_is_accepted_is_what_was_seen(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "checkout").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let pages = Pages::of(&stage, &buyer.token);
    let choice = format!("sku={}&q.users=10&periods=1", product.skus[0]);
    let page = pages.open(&format!("/checkout?{choice}")).await?;
    pages.open(&format!("/checkout?{choice}")).await?;
    assert_eq!(pages.quotes().await?, 0, "looking keeps nothing");
    // Somebody who was shown ten users does not pay for twenty.
    let form = format!("{}&pay=now&seen={}", choice.replace("users=10", "users=20"), seen(&page)?);
    let (status, _, again) = pages.ask(Method::POST, "/checkout", form).await?;
    assert!(status == 422 && again.contains("have changed since you looked"), "{status} {again}");
    assert_eq!(pages.quotes().await?, 0);
    pages.buys(&product.skus[0], 10).await?;
    assert_eq!(pages.quotes().await?, 1);
    let (status, _, page) = pages.ask(Method::GET, "/checkout?sku=sku_0&q.users=many", String::new()).await?;
    assert!(status == 422 && page.contains("Must be a whole number"), "{status} {page}");
    stage.check().await?;
    stage.close().await
}

async fn a_list_of_orders_is_sorted_as_a_whole(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "sorted").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let pages = Pages::of(&stage, &buyer.token);
    // More than one page of them; the dearest is none of the newest.
    for place in 0..25_u32 {
        pages.buys(&product.skus[0], (place * 7) % 25 + 1).await?;
    }
    let (least, most) = ("30.00", "675.00");
    let dearest = pages.open("/console/orders?sort=dearest").await?;
    assert!(dearest.contains(most) && !dearest.contains(least), "{dearest}");
    let next = dearest.split("sort=dearest&amp;cursor=").nth(1).and_then(|rest| rest.split('"').next());
    let next = next.context("there is a second page")?;
    let rest = pages.open(&format!("/console/orders?sort=dearest&cursor={next}")).await?;
    assert!(rest.contains(least) && !rest.contains(most), "{rest}");
    let cheapest = pages.open("/console/orders?sort=cheapest").await?;
    assert!(cheapest.contains(least) && !cheapest.contains(most), "{cheapest}");
    let (status, _, file) = pages.ask(Method::GET, "/console/orders.csv", String::new()).await?;
    assert_eq!((status, file.lines().count()), (200, 26), "{file}");
    let sold = Pages::of(&stage, &seller.token);
    assert!(sold.open("/seller/orders?sort=oldest").await?.contains("Ada Lovelace"));
    let all = Pages::of(&stage, &people.operator().await?);
    assert!(all.open("/operator/orders?sort=cheapest").await?.contains("Cloudco Software"));
    stage.close().await
}

async fn nobody_learns_what_another_order_cost_by_paging_behind_it(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "foreign").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let (ada, grace) = (people.rich_buyer("Ada Lovelace").await?, people.rich_buyer("Grace Hopper").await?);
    // Her own stand on both sides of what the other one paid.
    let mine = Pages::of(&stage, &ada.token);
    mine.buys(&product.skus[0], 1).await?;
    mine.buys(&product.skus[0], 25).await?;
    let other = order(people, &grace, months(&product.skus[0], 1), true).await?;
    let cursor = text(&other, "id")?.parse::<OrderId>()?.uuid();
    for sort in ["dearest", "cheapest"] {
        let page = mine.open(&format!("/console/orders?sort={sort}&cursor={cursor}")).await?;
        assert!(!page.contains("30.00") && !page.contains("675.00"), "{sort}: {page}");
    }
    // A seller sees what was paid, and pages behind nothing else.
    let unpaid = order(people, &grace, months(&product.skus[0], 2), false).await?;
    let cursor = text(&unpaid, "id")?.parse::<OrderId>()?.uuid();
    let page = Pages::of(&stage, &seller.token).open(&format!("/seller/orders?sort=dearest&cursor={cursor}")).await?;
    assert!(!page.contains("30.00"), "{page}");
    stage.close().await
}
