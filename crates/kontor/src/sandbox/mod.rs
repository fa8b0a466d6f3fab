//! Sandboxes (沙箱): for each seller that asks for one, a private marketplace in this process, with a small database, a master key
//! and a clock of its own, buyers and money that are not real, and faults on the way to the seller's system.
//!
//! Owns: which of them run and where, how they begin and end, what sellers do in them.
//! Does not own: what happens inside, which is a whole marketplace; how calls leave (`production::Way`).
//!
//! Invariants
//! - A seller has one, in whichever process; two starts at once give the same. Each start has a folder of its own, which goes with it
//!   alone.
//! - A sandbox is reached through the membership of its seller, from every process; nobody else learns that there is one but the
//!   operator.
//! - Nothing of the site is changed by what happens inside, and no letter leaves it.
//! - It ends when nobody uses it, after the hours of the rules, with the process, or by the operator; what an ended process left is
//!   cleared by the next one, and its place is free after a minute.

mod apart;
mod api;
mod cast;
mod deeds;
mod den;
mod inside;
mod looks;
mod nodes;
mod operator;
mod pages;
mod rules;
mod store;
mod told;
mod turning;
mod usage;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use accounts::{Accounts, Permission, Seller};
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
use tokio::sync::{OnceCell, RwLock, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use apart::uncounted;
use api::SandboxJson;
use deeds::KeptDeeds;
use den::Den;
use inside::Inside;
use nodes::Node;
use rules::SandboxRefused;
use told::Codes;

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
    node: Node,
    rooms: Mutex<BTreeMap<AccountId, Arc<Room>>>,
    /// Each room holds it, also those that are not in the list any more and not closed yet.
    seats: Arc<()>,
    /// How many are worked in at the same time, beside the site.
    desks: Semaphore,
    den: Den,
    codes: Codes,
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
    /// Whether the database says that the seller's is this one.
    claimed: AtomicBool,
    made: OnceCell<Inside>,
    /// Held by whoever does or reads something; whoever ends it waits for them.
    visitors: RwLock<()>,
    /// Held by whoever does something.
    work: tokio::sync::Mutex<()>,
    /// Held by whoever has the books derived.
    counting: tokio::sync::Mutex<()>,
    /// What came of deeds with a key.
    kept: KeptDeeds,
    ended: CancellationToken,
    _seat: Arc<()>,
}

impl Room {
    fn used_at(&self) -> Timestamp {
        Timestamp::from_micros(self.used_at.load(Ordering::SeqCst))
    }

    fn is_used(&self, now: Timestamp) {
        self.used_at.fetch_max(now.as_micros(), Ordering::SeqCst);
    }

    /// Marks what is written to the log from inside.
    fn span(&self) -> tracing::Span {
        tracing::info_span!("sandbox", sandbox = %self.id, seller = %self.seller)
    }
}

/// Why a room was not furnished.
enum Unmade {
    /// The seller's is another one by now.
    Elsewhere,
    Failed(Error),
}

impl From<Error> for Unmade {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Sandboxes {
    pub(crate) fn new(
        app: App,
        (policies, accounts): (Policies, Accounts),
        (production, catalogue): (Production, Catalogue),
    ) -> Self {
        let den = Den::below(&app.config.data);
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let (node, desks) = (Node::new(&app.config.listen.to_string()), Semaphore::new((threads / 2).max(2)));
        let (rooms, codes) = (Mutex::default(), Codes::default());
        let seats = Arc::new(());
        Self::of(Parts { app, policies, accounts, production, catalogue, node, rooms, seats, desks, den, codes })
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

    fn room_of(&self, seller: AccountId) -> Option<Arc<Room>> {
        self.rooms().get(&seller).cloned()
    }

    async fn rules(&self) -> Result<SandboxRules> {
        Ok(self.policies.current().await?.sandbox.clone())
    }

    /// Starts a seller's sandbox; shows the one that runs, if there is one.
    async fn start(&self, seller: &Seller) -> Result<SandboxJson> {
        seller.may(Permission::Integrate)?;
        let rules = self.rules().await?;
        if !rules.enabled {
            return Err(SandboxRefused::Disabled.into());
        }
        if let Some(shown) = self.shown_elsewhere(seller).await? {
            return Ok(shown);
        }
        let room = self.room_for(seller.account(), rules.most_at_once)?;
        let (sandboxes, owner, span) = (self.clone(), seller.clone(), room.span());
        // Who asked may hang up; what was begun is made or cleared away all the same.
        let making = uncounted(async move { sandboxes.furnish(room, &owner).await }).instrument(span);
        match tokio::spawn(making).await.map_err(Error::fault)? {
            Ok(room) => SandboxJson::of(&room, rules.idle_minutes),
            Err(Unmade::Failed(error)) => Err(error),
            // Another process was faster.
            Err(Unmade::Elsewhere) => self.shown_elsewhere(seller).await?.ok_or_else(|| SandboxRefused::Slow.into()),
        }
    }

    fn room_for(&self, seller: AccountId, most: u32) -> Result<Arc<Room>> {
        let now = self.app.clock.now();
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get(&seller) {
            room.is_used(now);
            return Ok(room.clone());
        }
        // What was ended takes its place until it is closed.
        if Arc::strong_count(&self.seats) > usize::try_from(most).unwrap_or(usize::MAX) {
            return Err(SandboxRefused::TooMany(most).into());
        }
        let room = Arc::new(Room {
            id: SandboxId::new(now),
            seller,
            started_at: now,
            used_at: AtomicI64::new(now.as_micros()),
            claimed: AtomicBool::new(false),
            made: OnceCell::new(),
            visitors: RwLock::new(()),
            work: tokio::sync::Mutex::new(()),
            counting: tokio::sync::Mutex::new(()),
            kept: KeptDeeds::default(),
            ended: CancellationToken::new(),
            _seat: self.seats.clone(),
        });
        rooms.insert(seller, room.clone());
        Ok(room)
    }

    async fn furnish(&self, room: Arc<Room>, seller: &Seller) -> std::result::Result<Arc<Room>, Unmade> {
        let made = room.made.get_or_try_init(|| self.make_in(&room, seller)).await;
        if let Err(unmade) = made {
            self.close(room).await;
            return Err(unmade);
        }
        // Ended while it was being made.
        if room.ended.is_cancelled() { Err(Error::NotFound(Thing::Sandbox).into()) } else { Ok(room) }
    }

    async fn make_in(&self, room: &Arc<Room>, seller: &Seller) -> std::result::Result<Inside, Unmade> {
        // Somebody who came first has failed, and the room is in no list any more.
        if room.ended.is_cancelled() {
            return Err(Error::from(SandboxRefused::Slow).into());
        }
        if !self.claim(room).await? {
            return Err(Unmade::Elsewhere);
        }
        let making = async {
            let _desk = self.desk().await?;
            self.make(room, seller).await
        };
        let inside = tokio::select! {
            made = tokio::time::timeout(MAKING, making) => made.map_err(|_| Error::from(SandboxRefused::Slow))??,
            () = room.ended.cancelled() => return Err(Error::NotFound(Thing::Sandbox).into()),
        };
        self.note_ready(room, seller).await?;
        Ok(inside)
    }

    /// Takes a sandbox out of the list; it is not found from now on. Another one of the same seller stays.
    fn forget_room(&self, room: &Arc<Room>) {
        let mut rooms = self.rooms();
        if rooms.get(&room.seller).is_some_and(|present| Arc::ptr_eq(present, room)) {
            rooms.remove(&room.seller);
        }
        drop(rooms);
        room.ended.cancel();
    }

    /// Ends a sandbox: who is in it leaves, its database is closed; its folder goes with the last that knows of it.
    async fn close(&self, room: Arc<Room>) {
        self.forget_room(&room);
        if room.claimed.load(Ordering::SeqCst)
            && let Err(error) = self.strike_now(&room).await
        {
            tracing::warn!(%error, sandbox = %room.id, "a sandbox could not be taken from the list; it is tried again");
        }
        let _alone = room.visitors.write().await;
        if let Some(inside) = room.made.get() {
            inside.kontor.app.db.close().await;
            inside.remove();
        }
    }

    async fn strike_now(&self, room: &Room) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        self.strike(&mut tx, room.id).await?;
        tx.commit().await
    }

    /// The same in a task of its own: who asked may hang up.
    async fn close_apart(&self, room: Arc<Room>) -> Result<()> {
        let sandboxes = self.clone();
        tokio::spawn(async move { sandboxes.close(room).await }).await.map_err(Error::fault)
    }

    /// Ends those that nobody has used for as long as the rules say; all of them, once the site runs none.
    pub async fn end_idle(&self) -> Result<usize> {
        let rules = self.rules().await?;
        let now = self.app.clock.now();
        let since = now.plus_micros(-i64::from(rules.idle_minutes) * MINUTE);
        let oldest = now.plus_micros(-i64::from(rules.hours_max) * HOUR);
        let rooms: Vec<Arc<Room>> = self.rooms().values().cloned().collect();
        let why = |room: &Room| {
            if !rules.enabled {
                Some("disabled")
            } else if room.started_at < oldest {
                Some("hours")
            } else {
                (room.used_at() < since).then_some("idle")
            }
        };
        let at_work = |room: &Arc<Room>| !room.made.initialized() || room.work.try_lock().is_err();
        let over = rooms.into_iter().filter_map(|room| why(&room).map(|why| (room, why)));
        let over: Vec<(Arc<Room>, &str)> = over.filter(|(room, _)| !at_work(room)).collect();
        self.end_by_itself(&over).await?;
        // Who came back in the meantime finds that it has ended, and starts another one.
        let count = over.len();
        join_all(over.into_iter().map(|(room, _)| self.close(room))).await;
        Ok(count)
    }

    /// Takes some from the list that nobody ends, with the reason in the audit log.
    async fn end_by_itself(&self, over: &[(Arc<Room>, &str)]) -> Result<()> {
        if over.is_empty() {
            return Ok(());
        }
        let mut tx = self.app.db.begin().await?;
        for (room, why) in over {
            if self.strike(&mut tx, room.id).await? {
                let detail = json!({ "sandbox": room.id, "account": room.seller, "why": why });
                self.accounts.audit_system(&mut tx, "sandbox.ended", &room.id.to_string(), &detail).await?;
            }
        }
        tx.commit().await
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
        let over: Vec<(Arc<Room>, &str)> = rooms.iter().map(|room| (room.clone(), "stopped")).collect();
        if let Err(error) = self.end_by_itself(&over).await {
            tracing::warn!(%error, "sandboxes could not be taken from the list; their places are free in a minute");
        }
        drop(over);
        let all = join_all(rooms.iter().cloned().map(|room| self.close(room)));
        if tokio::time::timeout(LEAVE, all).await.is_err() {
            tracing::warn!("somebody did not leave a sandbox in time");
        }
        for inside in rooms.iter().filter_map(|room| room.made.get()) {
            inside.remove();
        }
    }
}
