//! What stands between a marketplace and a seller's system when the way is bad: requests and answers are lost, come twice, come late,
//! are cut off, or something in between answers in the system's place. What goes wrong is drawn from a seed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, ensure};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What is done to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// It never gets there.
    LosesRequest,
    /// It is done, and nobody hears of it.
    LosesAnswer,
    /// It gets there twice; the second answer is the one that is heard.
    SendsTwice,
    /// It gets there after it was given up, just before the next one.
    SendsLate,
    /// Something in between says 500, and it was not done.
    Fails,
    /// The same, and it was done.
    FailsAfterwards,
    /// Something in between says 429.
    TooMany,
    /// Half of the answer comes.
    CutsAnswer,
}

impl Fault {
    pub(super) const ALL: [Self; 8] = [
        Self::LosesRequest,
        Self::LosesAnswer,
        Self::SendsTwice,
        Self::SendsLate,
        Self::Fails,
        Self::FailsAfterwards,
        Self::TooMany,
        Self::CutsAnswer,
    ];
}

/// So often in a row: what is paid for is tried four times, and has to come through here.
const IN_A_ROW: u32 = 2;
/// Of ten calls so many go wrong.
const OF_TEN: u32 = 7;

/// It stands there until it is dropped.
pub(super) struct Proxy {
    pub(super) port: u16,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

struct Desk {
    system: u16,
    state: Mutex<State>,
}

struct State {
    rng: StdRng,
    /// What is still to be done.
    bag: Vec<Fault>,
    misbehaves: bool,
    in_a_row: u32,
    done: BTreeMap<Fault, u32>,
    late: Vec<Vec<u8>>,
}

impl Proxy {
    /// Before a system on this machine; at first it only hands on.
    pub(super) async fn before(system: u16, seed: u64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let state = State {
            rng: StdRng::seed_from_u64(seed),
            bag: Vec::new(),
            misbehaves: false,
            in_a_row: 0,
            done: BTreeMap::new(),
            late: Vec::new(),
        };
        let desk = Arc::new(Desk { system, state: Mutex::new(state) });
        let of_task = desk.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let desk = of_task.clone();
                // A call that breaks off is what this is for.
                tokio::spawn(async move { desk.serve(stream).await.ok() });
            }
        });
        Ok(Self { port, desk, task })
    }

    pub(super) fn misbehaves(&self, does: bool) {
        self.desk.state().misbehaves = does;
    }

    /// How often it has done what.
    pub(super) fn done(&self) -> BTreeMap<Fault, u32> {
        self.desk.state().done.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each of them comes once before any comes again.
    fn draw(&self) -> Option<Fault> {
        let mut guard = self.state();
        let state = &mut *guard;
        if !state.misbehaves || state.in_a_row >= IN_A_ROW || state.rng.random_range(0..10) >= OF_TEN {
            state.in_a_row = 0;
            return None;
        }
        if state.bag.is_empty() {
            state.bag = Fault::ALL.to_vec();
        }
        let place = state.rng.random_range(0..state.bag.len());
        let fault = state.bag.swap_remove(place);
        state.in_a_row += 1;
        *state.done.entry(fault).or_default() += 1;
        Some(fault)
    }

    async fn serve(&self, mut caller: TcpStream) -> anyhow::Result<()> {
        let request = message(&mut caller).await?;
        // What was late gets there before what comes next: the samples do not ask here how old it is, the clock is turned.
        let late = std::mem::take(&mut self.state().late);
        for request in late {
            self.hand_on(&request).await.ok();
        }
        let answer = match self.draw() {
            None => self.hand_on(&request).await?,
            Some(Fault::LosesRequest) => return Ok(()),
            Some(Fault::LosesAnswer) => return self.hand_on(&request).await.map(drop),
            Some(Fault::SendsTwice) => {
                self.hand_on(&request).await?;
                self.hand_on(&request).await?
            }
            Some(Fault::SendsLate) => {
                self.state().late.push(request);
                return Ok(());
            }
            Some(Fault::Fails) => said("500 Internal Server Error", ""),
            Some(Fault::FailsAfterwards) => {
                self.hand_on(&request).await?;
                said("500 Internal Server Error", "")
            }
            Some(Fault::TooMany) => said("429 Too Many Requests", "retry-after: 7\r\n"),
            Some(Fault::CutsAnswer) => {
                let answer = self.hand_on(&request).await?;
                let head = head_of(&answer).unwrap_or(0);
                let body = answer.len() - head;
                let kept = if body > 1 { head + body / 2 } else { head / 2 };
                answer[..kept].to_vec()
            }
        };
        caller.write_all(&answer).await?;
        Ok(caller.shutdown().await?)
    }

    /// Hands a request on as it is, and takes the whole answer.
    async fn hand_on(&self, request: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut system = TcpStream::connect(("127.0.0.1", self.system)).await?;
        system.write_all(request).await?;
        message(&mut system).await
    }
}

fn said(status: &str, more: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\n{more}content-length: 5\r\nconnection: close\r\n\r\nbusy\n"
    )
    .into_bytes()
}

/// Where the head of a message ends.
fn head_of(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// A whole request or answer: its head and as much as that says.
async fn message(stream: &mut TcpStream) -> anyhow::Result<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        if let Some(head) = head_of(&bytes) {
            let text = std::str::from_utf8(&bytes[..head])?.to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(Ok(0), |length| length.trim().parse()).context("a length is a number")?;
            if bytes.len() >= head + length {
                return Ok(bytes);
            }
        }
        let read = stream.read(&mut part).await?;
        ensure!(read > 0, "it broke off");
        bytes.extend_from_slice(&part[..read]);
    }
}
