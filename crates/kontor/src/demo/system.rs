//! The system of the demo's first seller: what is bought of its hosted product is opened, frozen and released there. It
//! answers while the demo's past is made, and beside the marketplace when the demo is served.

use std::{net::SocketAddr, path::Path};

use anyhow::Context;
use kernel::time::HOUR;
use platform::{Clock, Config};
use serde_json::json;
use tokio::task::JoinHandle;

use super::{Act, Demo, Logins, scenes::STAR, trade::Choice, world::Duty};
use crate::{
    kit::{Kit, Manner},
    stage::{
        client::{Sent, text},
        trials,
    },
};

/// Where the demo's systems of sellers are: on this machine.
const NETWORK: &str = "127.0.0.0/8";
const FILE: &str = "seller-kit.json";

/// The first seller's system while it answers.
pub(super) struct System {
    kit: Kit,
    pub(super) at: SocketAddr,
    task: JoinHandle<()>,
}

impl System {
    /// Starts it where it was, or somewhere.
    pub(super) async fn start(clock: Clock, data: &Path, at: Option<SocketAddr>) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind(at.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)))).await?;
        let at = listener.local_addr()?;
        let kit = Kit::kept(clock, format!("http://{at}"), data.join(FILE))?;
        let router = kit.router();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the seller's system ended");
            }
        });
        Ok(Self { kit, at, task })
    }

    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

/// The settings under which the demo's systems of sellers may be called.
pub(super) fn opened(config: &Config) -> Config {
    let mut config = config.clone();
    if !config.outgoing.networks.iter().any(|network| network == NETWORK) {
        config.outgoing.networks.push(NETWORK.to_owned());
    }
    config
}

/// Lets the first seller's system answer beside the marketplace that is served, and the marketplace call it.
pub async fn open(config: &Config, logins: &Logins) -> Config {
    // The demo's passwords are known: strangers could have this machine call whatever listens on it.
    if !config.listen.ip().is_loopback() {
        tracing::warn!(
            "others can reach this demo, so that it calls no seller's system on this machine; listen on 127.0.0.1 for that"
        );
        return config.clone();
    }
    if let Some(at) = logins.system
        && let Err(error) = System::start(Clock::System, &config.data, Some(at)).await
    {
        tracing::warn!(%error, %at, "the seller's system of the demo cannot answer; its orders are refunded after three hours");
    }
    opened(config)
}

impl Demo {
    /// The first seller connects its system and lists what runs there; the first buyer buys it: for a month that is over
    /// today, for a year, and once by mistake.
    pub(super) async fn hosted(&mut self) -> anyhow::Result<()> {
        let seller = self.shop(STAR)?.person.token.clone();
        let system = self.system.as_ref().context("the system answers")?;
        let addresses = "/api/v1/seller/production-addresses";
        let url = format!("http://{}/produce", system.at);
        let added = self.world.post(&seller, addresses, json!({ "url": url })).await?;
        let path = format!("{addresses}/{}", text(&added, "id")?);
        let key = self.world.post(&seller, &format!("{path}/keys"), json!({})).await?;
        system.kit.accept(text(&key, "key")?)?;
        self.world.post(&seller, &format!("{path}/verify"), json!({})).await?;
        self.try_system(&seller, &path).await?;
        let id = self.list_hosted().await?;
        let later = self.world.now().plus_micros(HOUR);
        self.world.turn_to(later).await?;
        let page = self.world.client.get(&seller, &format!("/api/v1/products/{id}")).await?;
        let sku = text(&page["specs"][0]["skus"][0], "id")?.to_owned();
        self.hosted = Some(sku.clone());
        let allowed = json!({ "specs": { page["specs"][0]["code"].as_str().unwrap_or_default(): "more" } });
        let sent = Sent { token: Some(&seller), body: Some(allowed), ..Sent::default() };
        let path = format!("/api/v1/seller/products/{id}/changes");
        self.world.client.call("PUT", &path, sent).await?.good("allow changes")?;
        let volume = page["specs"].as_array().into_iter().flatten().find(|spec| spec["code"] == "volume");
        self.by_use = Some(text(&volume.context("an edition is paid by use")?["skus"][0], "id")?.to_owned());
        let parcel = page["specs"].as_array().into_iter().flatten().find(|spec| spec["code"] == "parcel");
        self.parcel = Some(text(&parcel.context("an edition is a package of use")?["skus"][0], "id")?.to_owned());
        let person = self.buyers.get(&STAR).context("the first buyer is here")?.person.clone();
        let declared = self.transfer(&person, 1_000_000).await?;
        self.confirm(STAR, text(&declared, "id")?, 1_000_000).await?;
        for (users, months, returned) in [(8, 1, false), (12, 12, false), (3, 12, true)] {
            let body = json!({ "sku": sku, "quantities": { "users": users }, "periods": months });
            let order = self.order(STAR, &Choice { product: 0, body }, true).await?;
            self.world.kontor.run_due_jobs().await?;
            match order {
                Some(order) if returned => {
                    let at = self.world.within(5, 20);
                    self.plan(at, Act::Return { buyer: STAR, order });
                }
                Some(order) if months == 12 => {
                    self.more(&order, users + 3).await?;
                    self.goes_on(&order).await?;
                }
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    /// The first buyer takes more users of something for the rest of its term, and the first seller's system makes it so.
    async fn more(&mut self, order: &str, users: u32) -> anyhow::Result<()> {
        let instance = self.instance(STAR, order).await?.context("it is there")?;
        let token = self.buyers.get(&STAR).context("the first buyer is here")?.person.token.clone();
        let path = format!("/api/v1/instances/{instance}");
        let mut wanted = json!({ "quantities": { "users": users } });
        let preview = self.world.post(&token, &format!("{path}/change-preview"), wanted.clone()).await?;
        wanted["seen"] = preview["seen"].clone();
        self.world.post(&token, &format!("{path}/changes"), wanted).await?;
        self.spend(STAR, preview["total"]["minor"].as_i64().unwrap_or_default());
        self.world.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// From now on the first seller's system answers so.
    pub(super) fn system_behaves(&self, manner: Manner) -> anyhow::Result<()> {
        self.system.as_ref().context("the system answers")?.kit.behave(manner);
        Ok(())
    }

    /// The first seller tries its system out and keeps what may be asked for again.
    async fn try_system(&self, seller: &str, address: &str) -> anyhow::Result<()> {
        for (name, trial) in trials("koogallery_v2") {
            let tried = self.world.post(seller, &format!("{address}/calls"), trial).await?;
            let case = json!({ "call": tried["call"], "name": format!("{}{}", name[..1].to_uppercase(), &name[1..]) });
            self.world.post(seller, "/api/v1/seller/production-cases", case).await?;
        }
        Ok(())
    }

    /// The first buyer lets another team try what the first seller runs, and has used up some of its days.
    pub(super) async fn trial(&mut self) -> anyhow::Result<()> {
        let token = self.buyers.get(&STAR).context("the first buyer is here")?.person.token.clone();
        let sku = self.hosted.clone().context("it is on sale")?;
        let body = json!({ "sku": sku, "quantities": { "users": 5 } });
        self.world.post(&token, "/api/v1/trials", body).await?;
        self.counted.orders += 1;
        self.world.kontor.run_due_jobs().await?;
        Ok(())
    }

    async fn list_hosted(&mut self) -> anyhow::Result<String> {
        let id = self.write_hosted(STAR).await?;
        let revision = self.submit(STAR, &id).await?;
        let desk = self.world.desk(Duty::Review).await?;
        let path = format!("/api/v1/operator/revisions/{}/approval", text(&revision, "id")?);
        self.world.post(&desk, &path, json!({})).await?;
        self.counted.products += 1;
        Ok(id)
    }
}
