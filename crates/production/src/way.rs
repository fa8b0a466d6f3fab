//! The way from a sandbox to its seller's system: requests carry the test mark and the real time, and meet the faults that
//! their seller has chosen. A site of its own calls without it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use kernel::{Timestamp, id::ProductionCallId};
use platform::{
    Clock,
    outgoing::{Fetched, NoAnswer},
};

use crate::{
    Fault, FaultPlan, Production, Request,
    rules::{address::Address, fault::Drawn, form::Outbound},
};

/// The way of one sandbox.
#[derive(Clone)]
pub struct Way(Arc<Desk>);

struct Desk {
    /// What sellers' programs know as the present: they refuse what is signed tomorrow.
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    drawn: Drawn,
    met: BTreeMap<ProductionCallId, Fault>,
    held: Vec<Held>,
}

/// A request that gets there later than it should.
struct Held {
    fault: Fault,
    of: String,
    address: Address,
    signed: Outbound,
}

impl Way {
    /// Without faults at first. `clock` is that of the site.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Desk { clock, state: Mutex::default() }))
    }

    /// Injects other faults from now on. What is held back still gets there.
    pub fn inject(&self, plan: FaultPlan) {
        self.state().drawn = Drawn::new(plan);
    }

    /// What is injected, and how many faults are still to come where that is known.
    pub fn plan(&self) -> (FaultPlan, Option<u32>) {
        let state = self.state();
        (state.drawn.plan().clone(), state.drawn.left())
    }

    /// What was done to a call.
    pub fn fault_of(&self, call: ProductionCallId) -> Option<Fault> {
        self.state().met.get(&call).copied()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault of the next call, noted under its id.
    pub(crate) fn draw(&self, call: ProductionCallId) -> Option<Fault> {
        let mut state = self.state();
        let fault = state.drawn.next()?;
        state.met.insert(call, fault);
        Some(fault)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn hold(&self, held: Held) {
        self.state().held.push(held);
    }

    /// The first that was held back and fits.
    fn release(&self, fits: impl Fn(&Held) -> bool) -> Option<Held> {
        let mut state = self.state();
        let place = state.held.iter().position(fits)?;
        Some(state.held.remove(place))
    }
}

/// How long what was held back may take of the time of another call; what is left then goes with the next one.
const BESIDE: Duration = Duration::from_secs(5);

impl Production {
    /// A request as it is sent from here.
    pub(crate) fn marked(&self, request: &Request) -> Request {
        if self.way.is_some() { request.clone().test() } else { request.clone() }
    }

    /// Sends what was held back and gets there before a request: what was late comes before anything else; so does what was to be
    /// overtaken, by what is about the same.
    pub(crate) async fn send_late(&self, way: &Way, request: &Request) {
        let of = subject(request);
        self.send_held(way, |held| held.fault == Fault::Late || held.of == of).await;
    }

    /// Sends what a request has overtaken, if it was sent itself.
    pub(crate) async fn send_overtaken(&self, way: &Way, fault: Option<Fault>, request: &Request) {
        match fault {
            None | Some(Fault::WrongSignature | Fault::Duplicated | Fault::AnswerLost) => {}
            Some(Fault::Lost | Fault::Late | Fault::Reordered | Fault::ServerError) => return,
        }
        let of = subject(request);
        self.send_held(way, |held| held.of != of).await;
    }

    async fn send_held(&self, way: &Way, fits: impl Fn(&Held) -> bool) {
        let begun = Instant::now();
        while begun.elapsed() < BESIDE
            && let Some(held) = way.release(&fits)
        {
            let _ = self.go_out(&held.address, &held.signed).await;
        }
    }

    /// Sends a request over the way of a sandbox.
    pub(crate) async fn go_over(
        &self,
        way: &Way,
        fault: Option<Fault>,
        (address, signed): (&Address, &Outbound),
        request: &Request,
    ) -> Result<Fetched, NoAnswer> {
        match fault {
            None | Some(Fault::WrongSignature) => self.go_out(address, signed).await,
            Some(Fault::Duplicated) => {
                let first = self.go_out(address, signed).await;
                let _ = self.go_out(address, signed).await;
                first
            }
            Some(Fault::AnswerLost) => {
                let _ = self.go_out(address, signed).await;
                Err(NoAnswer::Slow)
            }
            Some(Fault::Lost) => Err(NoAnswer::Slow),
            Some(fault @ (Fault::Late | Fault::Reordered)) => {
                let (of, address, signed) = (subject(request), address.clone(), signed.clone());
                way.hold(Held { fault, of, address, signed });
                Err(NoAnswer::Slow)
            }
            Some(Fault::ServerError) => Ok(server_error()),
        }
    }
}

/// What a request is about: an instance, or the line that is to become one.
fn subject(request: &Request) -> String {
    let named = request.field("instanceId").or_else(|| request.field("orderLineId"));
    named.and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

fn server_error() -> Fetched {
    Fetched {
        status: 500,
        content_type: "text/plain".to_owned(),
        body: b"A fault of the sandbox: this call was not sent.".to_vec(),
        retry_after: None,
        signature: None,
    }
}
