//! Sandboxes (沙箱): for each seller that asks for one, a private marketplace in this process, with a small database, a master key
//! and a clock of its own, buyers and money that are not real, and faults on the way to the seller's system.
//!
//! Owns: which of them run, how they begin and end, what sellers do in them.
//! Does not own: what happens inside, which is a whole marketplace; how calls leave (`production::Way`).
//!
//! Invariants
//! - A seller has one in a process; two starts at once give the same. Each start has a folder of its own, which goes with it alone.
//! - A sandbox is reached through the membership of its seller; nobody else learns that there is one but the operator.
//! - Nothing of the site is changed by what happens inside, and no letter leaves it.
//! - It ends when nobody uses it, after the hours of the rules, with the process, or by the operator; what an ended process left is cleared by the next one.

mod apart;
mod api;
mod cast;
mod deeds;
mod den;
mod inside;
mod operator;
mod pages;
mod rules;
mod turning;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use accounts::{Accounts, Operator, Permission, Seller, StaffPermission};
use axum::extract::FromRef;
use catalogue::Catalogue;
use futures_util::future::join_all;
use kernel::{
    Error, Result, Thing, Timestamp,
    id::{AccountId, SandboxId},
    time::{HOUR, MINUTE},
};
use platform::{App, http::Routes};
use policy::{Policies, SandboxRules};
use production::Production;
use serde_json::json;
use tokio::sync::{OnceCell, RwLock};
use tokio_util::sync::CancellationToken;

use apart::uncounted;
use den::Den;
use inside::Inside;
use rules::SandboxRefused;

/// How long a sandbox may take to be made, and how long those inside have to leave when the server stops.
const MAKING: Duration = Duration::from_secs(90);
const LEAVE: Duration = Duration::from_secs(10);

platform::shared! {
    pub struct Sandboxes(Parts);
}

/// What all copies of [`Sandboxes`] share.
pub struct Parts {
    app: App,
    policies: Policies,
    accounts: Accounts,
    production: Production,
    catalogue: Catalogue,
    rooms: Mutex<BTreeMap<AccountId, Arc<Room>>>,
    den: Den,
}

impl FromRef<Sandboxes> for Accounts {
    fn from_ref(state: &Sandboxes) -> Self {
        state.accounts.clone()
    }
}

/// The place of one sandbox, taken before it is made.
struct Room {
    id: SandboxId,
    seller: AccountId,
    started_at: Timestamp,
    /// Micros of the site's time.
    used_at: AtomicI64,
    made: OnceCell<Inside>,
    /// Held by whoever does or reads something; whoever ends it waits for them.
    visitors: RwLock<()>,
    /// Held by whoever does something.
    work: tokio::sync::Mutex<()>,
    /// Held by whoever has the books derived.
    counting: tokio::sync::Mutex<()>,
    ended: CancellationToken,
}

/// A sandbox in the operator's list.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) id: SandboxId,
    pub(crate) seller: AccountId,
    pub(crate) started_at: Timestamp,
    pub(crate) used_at: Timestamp,
}

impl Room {
    fn used_at(&self) -> Timestamp {
        Timestamp::from_micros(self.used_at.load(Ordering::SeqCst))
    }

    fn is_used(&self, now: Timestamp) {
        self.used_at.fetch_max(now.as_micros(), Ordering::SeqCst);
    }
}

impl Sandboxes {
    pub(crate) fn new(
        app: App,
        (policies, accounts): (Policies, Accounts),
        (production, catalogue): (Production, Catalogue),
    ) -> Self {
        let den = Den::below(&app.config.data);
        Self::of(Parts { app, policies, accounts, production, catalogue, rooms: Mutex::default(), den })
    }

    pub(crate) fn routes(&self) -> Routes {
        api::routes(self).and(operator::routes(self)).and(pages::routes(self))
    }

    /// Removes what processes have left behind that are no more.
    pub(crate) fn clear_left(&self) {
        self.den.clear_left();
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeMap<AccountId, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn rules(&self) -> Result<SandboxRules> {
        Ok(self.policies.current().await?.sandbox.clone())
    }

    /// Starts a seller's sandbox; the one that runs, if there is one.
    async fn start(&self, seller: &Seller) -> Result<Arc<Room>> {
        seller.may(Permission::Integrate)?;
        let rules = self.rules().await?;
        if !rules.enabled {
            return Err(SandboxRefused::Disabled.into());
        }
        let room = self.room_for(seller.account(), rules.most_at_once)?;
        let (sandboxes, seller) = (self.clone(), seller.clone());
        // Who asked may hang up; what was begun is made or cleared away all the same.
        let making = tokio::spawn(uncounted(async move { sandboxes.furnish(room, &seller).await }));
        making.await.map_err(Error::fault)?
    }

    fn room_for(&self, seller: AccountId, most: u32) -> Result<Arc<Room>> {
        let now = self.app.clock.now();
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get(&seller) {
            room.is_used(now);
            return Ok(room.clone());
        }
        if rooms.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            return Err(SandboxRefused::TooMany(most).into());
        }
        let room = Arc::new(Room {
            id: SandboxId::new(now),
            seller,
            started_at: now,
            used_at: AtomicI64::new(now.as_micros()),
            made: OnceCell::new(),
            visitors: RwLock::new(()),
            work: tokio::sync::Mutex::new(()),
            counting: tokio::sync::Mutex::new(()),
            ended: CancellationToken::new(),
        });
        rooms.insert(seller, room.clone());
        Ok(room)
    }

    async fn furnish(&self, room: Arc<Room>, seller: &Seller) -> Result<Arc<Room>> {
        let made = room
            .made
            .get_or_try_init(|| async {
                let making = tokio::time::timeout(MAKING, self.make(&room, seller)).await;
                let inside = making.map_err(|_| Error::from(SandboxRefused::Slow))??;
                let detail = json!({ "sandbox": room.id });
                let mut tx = self.app.db.begin().await?;
                self.accounts.audit(&mut tx, seller, "sandbox.started", &room.id.to_string(), &detail).await?;
                tx.commit().await?;
                Ok(inside)
            })
            .await;
        if let Err(error) = made {
            self.forget(&room);
            return Err(error);
        }
        // Ended while it was being made.
        if room.ended.is_cancelled() { Err(Error::NotFound(Thing::Sandbox)) } else { Ok(room) }
    }

    /// Takes a sandbox out of the list; it is not found from now on. Another one of the same seller stays.
    fn forget(&self, room: &Arc<Room>) {
        let mut rooms = self.rooms();
        if rooms.get(&room.seller).is_some_and(|present| Arc::ptr_eq(present, room)) {
            rooms.remove(&room.seller);
        }
        drop(rooms);
        room.ended.cancel();
    }

    /// Ends a sandbox: who is in it leaves, its database is closed; its folder goes with the last that knows of it.
    async fn close(&self, room: Arc<Room>) {
        self.forget(&room);
        let _alone = room.visitors.write().await;
        if let Some(inside) = room.made.get() {
            inside.kontor.app.db.close().await;
            inside.remove();
        }
    }

    /// The same in a task of its own: who asked may hang up.
    async fn close_apart(&self, room: Arc<Room>) -> Result<()> {
        let sandboxes = self.clone();
        tokio::spawn(async move { sandboxes.close(room).await }).await.map_err(Error::fault)
    }

    /// The sandbox of a seller, where there is one that is ready.
    fn ready(&self, seller: &Seller) -> Result<Arc<Room>> {
        let room = self.rooms().get(&seller.account()).cloned();
        room.filter(|room| room.made.initialized()).ok_or(Error::NotFound(Thing::Sandbox))
    }

    /// The same for who uses it: it does not end so soon.
    fn of_seller(&self, seller: &Seller) -> Result<Arc<Room>> {
        let room = self.ready(seller)?;
        room.is_used(self.app.clock.now());
        Ok(room)
    }

    /// Ends the sandbox of a seller.
    async fn end(&self, seller: &Seller) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let room = self.of_seller(seller)?;
        let mut tx = self.app.db.begin().await?;
        let detail = json!({ "sandbox": room.id });
        self.accounts.audit(&mut tx, seller, "sandbox.ended", &room.id.to_string(), &detail).await?;
        tx.commit().await?;
        self.close_apart(room).await
    }

    /// Those that run, for the operator.
    fn running(&self, operator: &Operator) -> Result<Vec<Running>> {
        operator.may_staff(StaffPermission::Support)?;
        let rooms = self.rooms();
        Ok(rooms.values().map(|room| Running::of(room)).collect())
    }

    /// Ends one of them for the operator.
    async fn end_for(&self, operator: &Operator, id: SandboxId) -> Result<()> {
        operator.may_staff(StaffPermission::Support)?;
        let room = self.rooms().values().find(|room| room.id == id).cloned();
        let room = room.ok_or(Error::NotFound(Thing::Sandbox))?;
        let mut tx = self.app.db.begin().await?;
        let detail = json!({ "sandbox": id, "account": room.seller });
        self.accounts.audit(&mut tx, operator, "sandbox.ended", &id.to_string(), &detail).await?;
        tx.commit().await?;
        self.close_apart(room).await
    }

    /// Ends those that nobody has used for as long as the rules say; all of them, once the site runs none.
    pub async fn end_idle(&self) -> Result<usize> {
        let rules = self.rules().await?;
        let now = self.app.clock.now();
        let since = now.plus_micros(-i64::from(rules.idle_minutes) * MINUTE);
        let oldest = now.plus_micros(-i64::from(rules.hours_max) * HOUR);
        let rooms: Vec<Arc<Room>> = self.rooms().values().cloned().collect();
        let at_work = |room: &Arc<Room>| !room.made.initialized() || room.work.try_lock().is_err();
        let over = |room: &Arc<Room>| !rules.enabled || room.started_at < oldest || room.used_at() < since;
        let ended: Vec<Arc<Room>> = rooms.into_iter().filter(|room| over(room) && !at_work(room)).collect();
        let count = ended.len();
        join_all(ended.into_iter().map(|room| self.close(room))).await;
        Ok(count)
    }

    /// Lets nobody go on in any of them: the server is told to stop.
    pub(crate) fn stop(&self) {
        let rooms: Vec<Arc<Room>> = self.rooms().values().cloned().collect();
        for room in rooms {
            room.ended.cancel();
        }
    }

    /// Ends all of them, with the server. Who does not leave in time is left behind without the folder.
    pub async fn end_all(&self) {
        let rooms: Vec<Arc<Room>> = self.rooms().values().cloned().collect();
        self.stop();
        let all = join_all(rooms.iter().cloned().map(|room| self.close(room)));
        if tokio::time::timeout(LEAVE, all).await.is_err() {
            tracing::warn!("somebody did not leave a sandbox in time");
        }
        for inside in rooms.iter().filter_map(|room| room.made.get()) {
            inside.remove();
        }
    }
}

impl Running {
    fn of(room: &Room) -> Self {
        Self { id: room.id, seller: room.seller, started_at: room.started_at, used_at: room.used_at() }
    }
}
