//! One sandbox for each seller, whichever process it runs in: a row in the database says which. What is asked of it in another
//! process goes there as a sealed letter in the database, and its answer comes back the same way, so that processes need no
//! addresses of each other and no further trust than the master key that they share.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use accounts::{Operator, Permission, Seller, StaffPermission};
use kernel::{
    Error, Result, Thing, Timestamp,
    id::{AccountId, SandboxId},
    time::{MINUTE, SECOND},
};
use metering::Pushed;
use platform::Tx;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Room, Sandboxes,
    deeds::Deed,
    looks::Look,
    rules::{InjectFaults, SandboxRefused},
    store::{self, Asked, Row},
    told::Reply,
};

/// A process is lost that says nothing for so long.
const LEASE: i64 = MINUTE;
/// How long a beat waits for those that end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often an answer is looked for, and how long; a request ends after two minutes.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const ANSWER_WITHIN: Duration = Duration::from_secs(110);
/// How often it is looked whether there is still somebody who would answer.
const ALIVE_EVERY: Duration = Duration::from_secs(1);
/// After so long nobody waits for an answer any more.
const LETTERS_KEPT: i64 = 10 * MINUTE;

/// By what other processes and the operator know this one.
pub(super) struct Node {
    id: String,
    name: String,
}

impl Node {
    /// Each start is another one. It is called after its machine and where it listens.
    pub(super) fn new(listens_at: &str) -> Self {
        let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name = format!("{} {listens_at}", machine.trim()).trim().to_owned();
        Self { id: format!("{:032x}", rand::random::<u128>()), name }
    }
}

/// Something that is wanted of a sandbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Wish {
    Show,
    /// `key`: by which the same deed is known again. `mark`: what the seller's address is known by now.
    Act {
        deed: Deed,
        key: Option<String>,
        mark: Option<String>,
    },
    Look(Look),
    Inject(InjectFaults),
    /// What a program asks of an order and its line.
    Order(String, String),
    /// What a program has pushed.
    Push(Pushed),
}

/// A wish on its way, and whether it keeps the sandbox from ending.
#[derive(Serialize, Deserialize)]
struct Letter {
    wish: Wish,
    uses: bool,
}

/// Where a seller's sandbox is.
enum Place {
    Here(Arc<Room>),
    There(SandboxId),
    Nowhere,
}

/// A sandbox in the operator's list.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) id: SandboxId,
    pub(crate) seller: AccountId,
    pub(crate) seller_name: String,
    pub(crate) node: String,
    pub(crate) is_ready: bool,
    pub(crate) bytes: i64,
    pub(crate) started_at: Timestamp,
    pub(crate) used_at: Timestamp,
}

impl Sandboxes {
    /// Has a wish fulfilled by a seller's sandbox, wherever it runs.
    pub(super) async fn wish<T: DeserializeOwned>(&self, seller: &Seller, wish: Wish) -> Result<T> {
        let uses = match &wish {
            Wish::Show | Wish::Act { .. } | Wish::Look(_) | Wish::Inject(_) => {
                seller.may(Permission::Integrate).is_ok()
            }
            // A program that goes on asking keeps nothing alive.
            Wish::Order(..) | Wish::Push(_) => false,
        };
        let done = match self.place(seller.account()).await? {
            Place::Here(room) => self.fulfil(room, Letter { wish, uses }).await?,
            Place::There(id) => self.send(id, &Letter { wish, uses }).await?,
            Place::Nowhere => return Err(Error::NotFound(Thing::Sandbox)),
        };
        serde_json::from_value(done).map_err(Error::fault)
    }

    /// What another process has of a seller's; none: it may be started here.
    pub(super) async fn shown_elsewhere<T: DeserializeOwned>(&self, seller: &Seller) -> Result<Option<T>> {
        let Place::There(id) = self.place(seller.account()).await? else { return Ok(None) };
        let shown = self.send(id, &Letter { wish: Wish::Show, uses: true }).await?;
        serde_json::from_value(shown).map(Some).map_err(Error::fault)
    }

    async fn place(&self, seller: AccountId) -> Result<Place> {
        if let Some(room) = self.room_of(seller) {
            return Ok(if room.made.initialized() { Place::Here(room) } else { Place::Nowhere });
        }
        let now = self.app.clock.now();
        let row = store::of_seller(&mut self.app.db.read(), seller).await?;
        let row = row.filter(|row| row.node != self.node.id && row.held_until >= now);
        Ok(row.map_or(Place::Nowhere, |row| Place::There(row.id)))
    }

    async fn fulfil(&self, room: Arc<Room>, Letter { wish, uses }: Letter) -> Result<Value> {
        if uses {
            room.is_used(self.app.clock.now());
        }
        self.grant(room, wish).await
    }

    /// Asks the process in which a sandbox runs, and waits for its answer.
    async fn send(&self, to: SandboxId, letter: &Letter) -> Result<Value> {
        let id = format!("{:032x}", rand::random::<u128>());
        let sealed = self.app.vault.seal(&serde_json::to_vec(letter).map_err(Error::fault)?, &about(&id, "asked"))?;
        let mut tx = self.app.db.begin().await?;
        let asked = Asked { id: id.clone(), sandbox_id: to, letter: sealed };
        store::post(&mut tx, &asked, self.app.clock.now()).await?;
        tx.commit().await?;
        let answer = self.wait_for(&id, to).await;
        let mut tx = self.app.db.begin().await?;
        store::burn(&mut tx, &id).await?;
        tx.commit().await?;
        let answer = self.app.vault.unseal(&answer?, &about(&id, "answered"))?;
        serde_json::from_slice::<Reply>(&answer).map_err(Error::fault)?.heard(&self.codes)
    }

    async fn wait_for(&self, letter: &str, of: SandboxId) -> Result<Vec<u8>> {
        let (begun, mut seen) = (Instant::now(), Instant::now());
        while begun.elapsed() < ANSWER_WITHIN {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(answer) = store::answered(&mut self.app.db.read(), letter).await? {
                return Ok(answer);
            }
            if seen.elapsed() >= ALIVE_EVERY {
                seen = Instant::now();
                let row = store::find(&mut self.app.db.read(), of).await?.ok_or(Error::NotFound(Thing::Sandbox))?;
                if row.held_until < self.app.clock.now() {
                    return Err(Error::NotFound(Thing::Sandbox));
                }
            }
        }
        Err(SandboxRefused::Away.into())
    }

    /// Does what other processes ask of the sandboxes in this one. How many letters there were.
    pub async fn answer_letters(&self) -> Result<usize> {
        if self.rooms().is_empty() {
            return Ok(0);
        }
        let waiting = store::waiting(&mut self.app.db.read(), &self.node.id).await?;
        let count = waiting.len();
        for asked in waiting {
            let mut tx = self.app.db.begin().await?;
            let mine = store::take(&mut tx, &asked.id).await?;
            tx.commit().await?;
            if mine {
                let sandboxes = self.clone();
                // Each in a task of its own: some take as long as a turn of the clock.
                tokio::spawn(async move {
                    if let Err(error) = sandboxes.answer(&asked).await {
                        tracing::warn!(%error, "another process got no answer about a sandbox");
                    }
                });
            }
        }
        Ok(count)
    }

    async fn answer(&self, asked: &Asked) -> Result<()> {
        let opened = self.app.vault.unseal(&asked.letter, &about(&asked.id, "asked"))?;
        let letter: Letter = serde_json::from_slice(&opened).map_err(Error::fault)?;
        let room = self.rooms().values().find(|room| room.id == asked.sandbox_id).cloned();
        let done = match room {
            Some(room) if self.made_by_now(&room).await => self.fulfil(room, letter).await,
            Some(_) | None => Err(Error::NotFound(Thing::Sandbox)),
        };
        let reply = serde_json::to_vec(&Reply::of(done)).map_err(Error::fault)?;
        let sealed = self.app.vault.seal(&reply, &about(&asked.id, "answered"))?;
        let mut tx = self.app.db.begin().await?;
        store::answer(&mut tx, &asked.id, sealed).await?;
        tx.commit().await
    }

    /// Waits until one is ready, if it will be.
    async fn made_by_now(&self, room: &Room) -> bool {
        while !room.made.initialized() {
            if room.ended.is_cancelled() {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        true
    }

    /// The row of a room, held for as long as a process may be silent.
    fn row(&self, room: &Room) -> Row {
        let now = self.app.clock.now();
        let bytes = room.made.get().map_or(0, super::inside::Inside::bytes);
        Row {
            id: room.id,
            seller_id: room.seller,
            node: self.node.id.clone(),
            node_name: self.node.name.clone(),
            started_at: room.started_at,
            used_at: room.used_at(),
            held_until: now.plus_micros(LEASE),
            ready_at: None,
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        }
    }

    /// Takes the seller's one place for a room. Whether it was free.
    pub(super) async fn claim(&self, room: &Room) -> Result<bool> {
        let mut tx = self.app.db.begin().await?;
        store::forget_lost(&mut tx, self.app.clock.now(), &self.node.id).await?;
        let free = store::claim(&mut tx, &self.row(room)).await?;
        tx.commit().await?;
        room.claimed.store(free, Ordering::SeqCst);
        Ok(free)
    }

    /// Holds the sandboxes of this process on, and ends those that somebody has taken from the list: another process, or the
    /// operator there.
    pub async fn beat(&self) -> Result<()> {
        let said: BTreeSet<SandboxId> =
            store::of_node(&mut self.app.db.read(), &self.node.id).await?.into_iter().collect();
        // Looked at after that: a room is in the list before its row is there, and leaves it before.
        let rooms: Vec<Arc<Room>> = self.rooms().values().cloned().collect();
        let living: BTreeSet<SandboxId> = rooms.iter().map(|room| room.id).collect();
        metrics::gauge!("kontor_sandboxes").set(f64::from(u32::try_from(rooms.len()).unwrap_or(u32::MAX)));
        if rooms.is_empty() && said.is_empty() {
            return Ok(());
        }
        let mut lost = Vec::new();
        let mut tx = self.app.db.begin().await?;
        for room in rooms.into_iter().filter(|room| room.claimed.load(Ordering::SeqCst)) {
            if !store::hold(&mut tx, &self.row(&room)).await? {
                lost.push(room);
            }
        }
        for id in said.difference(&living) {
            store::remove(&mut tx, *id).await?;
        }
        tx.commit().await?;
        let ending: Vec<_> = lost
            .into_iter()
            .map(|room| {
                let sandboxes = self.clone();
                tokio::spawn(async move { sandboxes.close(room).await })
            })
            .collect();
        // One that is slow to end goes on ending: waiting for it would let the leases of all others run out.
        let _ = tokio::time::timeout(PATIENCE, futures_util::future::join_all(ending)).await;
        Ok(())
    }

    /// Of a process that runs alone, before it begins: what it had before is no more.
    pub async fn begin_anew(&self) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        store::forget_all(&mut tx).await?;
        tx.commit().await
    }

    /// Burns letters whose asker has gone away.
    pub(crate) async fn forget(&self, tx: &mut Tx) -> Result<u64> {
        store::burn_old(tx, self.app.clock.now().plus_micros(-LETTERS_KEPT)).await
    }

    /// Takes a row from the list. Whether it was there.
    pub(super) async fn strike(&self, tx: &mut Tx, id: SandboxId) -> Result<bool> {
        store::remove(tx, id).await
    }

    /// It was made, with who began it in the audit log. Fails when it was ended meanwhile.
    pub(super) async fn note_ready(&self, room: &Room, seller: &Seller) -> Result<()> {
        let detail = json!({ "sandbox": room.id, "node": self.node.name });
        let mut tx = self.app.db.begin().await?;
        if !store::is_ready(&mut tx, room.id, self.app.clock.now()).await? {
            return Err(Error::NotFound(Thing::Sandbox));
        }
        self.accounts.audit(&mut tx, seller, "sandbox.started", &room.id.to_string(), &detail).await?;
        tx.commit().await
    }

    /// Ends the sandbox of a seller, wherever it runs: another process follows within seconds.
    pub(super) async fn end(&self, seller: &Seller) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let row = store::of_seller(&mut self.app.db.read(), seller.account()).await?;
        let row = row.filter(|row| self.is_believed(row)).ok_or(Error::NotFound(Thing::Sandbox))?;
        let mut tx = self.app.db.begin().await?;
        self.strike(&mut tx, row.id).await?.then_some(()).ok_or(Error::NotFound(Thing::Sandbox))?;
        let detail = json!({ "sandbox": row.id });
        self.accounts.audit(&mut tx, seller, "sandbox.ended", &row.id.to_string(), &detail).await?;
        tx.commit().await?;
        self.close_struck(row.id).await
    }

    fn is_believed(&self, row: &Row) -> bool {
        row.node == self.node.id || row.held_until >= self.app.clock.now()
    }

    /// Closes what was struck from the list, if it runs here.
    async fn close_struck(&self, id: SandboxId) -> Result<()> {
        let room = self.rooms().values().find(|room| room.id == id).cloned();
        match room {
            Some(room) => self.close_apart(room).await,
            None => Ok(()),
        }
    }

    /// Those that run, in whichever process, for the operator.
    pub(super) async fn running(&self, operator: &Operator) -> Result<Vec<Running>> {
        operator.may_staff(StaffPermission::Support)?;
        let mut tx = self.app.db.read();
        let mut rows = store::all(&mut tx).await?;
        rows.retain(|row| self.is_believed(row));
        let names = self.accounts.names(&mut tx, rows.iter().map(|row| row.seller_id).collect()).await?;
        let used = |row: &Row| self.room_of(row.seller_id).map_or(row.used_at, |room| room.used_at());
        let running = rows.into_iter().map(|row| Running {
            seller_name: names.get(&row.seller_id).cloned().unwrap_or_default(),
            used_at: used(&row),
            id: row.id,
            seller: row.seller_id,
            node: row.node_name,
            is_ready: row.ready_at.is_some(),
            bytes: row.bytes,
            started_at: row.started_at,
        });
        Ok(running.collect())
    }

    /// Ends one of them for the operator.
    pub(super) async fn end_for(&self, operator: &Operator, id: SandboxId) -> Result<()> {
        operator.may_staff(StaffPermission::Support)?;
        let row = store::find(&mut self.app.db.read(), id).await?;
        let row = row.filter(|row| self.is_believed(row)).ok_or(Error::NotFound(Thing::Sandbox))?;
        let mut tx = self.app.db.begin().await?;
        self.strike(&mut tx, id).await?.then_some(()).ok_or(Error::NotFound(Thing::Sandbox))?;
        let detail = json!({ "sandbox": id, "account": row.seller_id, "node": row.node_name });
        self.accounts.audit(&mut tx, operator, "sandbox.ended", &id.to_string(), &detail).await?;
        tx.commit().await?;
        self.close_struck(id).await
    }
}

/// What a letter is sealed with: nothing else opens as it.
fn about(letter: &str, part: &str) -> String {
    format!("sandbox_letter/{letter}/{part}")
}

const _: () = assert!(LEASE >= 30 * SECOND, "a process may miss some beats");
