//! The connections of the server: as many as it may have, not all of them from one place, and none that holds its place
//! without asking for something or taking what it asked for.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use platform::{App, http::limit::network};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::server::Site;

/// The largest head of a request, its address included.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// After a failure to accept, which is mostly a lack of file handles: somebody has to leave first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// A larger answer is handed over in pieces of this, so that it is seen whether somebody takes it.
const PIECE_BYTES: usize = 64 * 1024;

/// Serves until `stop` is cancelled, then lets the connections end what they have begun.
pub(crate) async fn serve(listener: TcpListener, site: Site, app: App, stop: CancellationToken) {
    let limits = app.config.limits;
    let seconds = |number: u32| Duration::from_secs(u64::from(number.max(1)));
    let (head, idle) = (seconds(limits.head_seconds), seconds(limits.idle_seconds));
    let http = builder(head);
    let seats = Seats::new(&app);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &seats) => accepted,
            () = stop.cancelled() => break,
        };
        let Some((stream, peer, seat)) = accepted else { continue };
        let pulse = Arc::new(Pulse::new());
        let service = service_fn({
            let (site, pulse) = (site.clone(), pulse.clone());
            move |request: Request<Incoming>| {
                let asked = Asked::of(&pulse);
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                // In the connection's own memory: a piece of that size for each request is what allocators are slowest at.
                let answer = site.clone().answer(request);
                async move { Ok::<_, Infallible>(asked.hand_over(answer.await)) }
            }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service).into_owned());
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended { tracing::trace!(error, "a connection ended badly") },
                () = pulse.stopped(head, idle) => tracing::trace!("a connection asked for nothing and was closed"),
            }
            drop(seat);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

fn builder(head: Duration) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    // A head that comes too slowly is seen by the connection's pulse, once for all its requests.
    // Whether somebody still listens is not looked for while a request is answered: that would cost each a call of the
    // system and a buffer, and a change that was begun may as well be ended.
    http.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(HEAD_BYTES_MAX).half_close(true);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(head)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX));
    http
}

/// The next connection, once there is room for it. Without room, clients wait in the system's queue; whoever has as many
/// as one place may have is sent away.
async fn accept(listener: &TcpListener, seats: &Seats) -> Option<(TcpStream, SocketAddr, Seat)> {
    let room = seats.all.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            let seat = seats.take(room, peer.ip())?;
            // Answers are small; waiting for more of them only makes them late.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, seat))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// How many connections there are from each place.
type Taken = Arc<Mutex<BTreeMap<IpAddr, u32>>>;

/// Room for connections, in all and for each place that they come from.
struct Seats {
    all: Arc<Semaphore>,
    each: u32,
    taken: Taken,
    /// Through these, everybody comes.
    proxies: Vec<IpAddr>,
}

/// One connection's room, given back when it is dropped.
struct Seat {
    _room: OwnedSemaphorePermit,
    place: Option<(IpAddr, Taken)>,
}

impl Seats {
    fn new(app: &App) -> Self {
        let limits = app.config.limits;
        let all = usize::try_from(limits.connections.max(1)).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            all: Arc::new(Semaphore::new(all)),
            each: limits.connections_each.max(1),
            taken: Arc::default(),
            proxies: app.config.trusted_proxies.clone(),
        }
    }

    /// `None`: there are as many connections from there as there may be.
    fn take(&self, room: OwnedSemaphorePermit, peer: IpAddr) -> Option<Seat> {
        if self.proxies.contains(&peer) {
            return Some(Seat { _room: room, place: None });
        }
        let place = network(peer);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(place).or_default();
        if *count >= self.each {
            return None;
        }
        *count += 1;
        Some(Seat { _room: room, place: Some((place, self.taken.clone())) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some((place, taken)) = &self.place else { return };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(place) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(place);
            }
        }
    }
}

/// Whether something happens on a connection.
struct Pulse {
    begun: Instant,
    /// Milliseconds after the beginning at which something happened last; zero: nothing has been asked.
    last: AtomicU64,
    /// Requests that are being answered.
    open: AtomicUsize,
}

impl Pulse {
    fn new() -> Self {
        Self { begun: Instant::now(), last: AtomicU64::new(0), open: AtomicUsize::new(0) }
    }

    fn beat(&self) {
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(since.max(1), Ordering::Relaxed);
    }

    /// Ends when nothing was asked in the first time, or later nothing was asked or taken for too long.
    async fn stopped(&self, head: Duration, idle: Duration) {
        let mut wait = head.min(idle);
        loop {
            tokio::time::sleep(wait).await;
            let last = self.last.load(Ordering::Relaxed);
            let until = if last == 0 {
                head
            } else if self.open.load(Ordering::Relaxed) > 0 {
                self.begun.elapsed() + idle
            } else {
                Duration::from_millis(last) + idle
            };
            wait = until.saturating_sub(self.begun.elapsed());
            if wait.is_zero() {
                return;
            }
        }
    }
}

/// A request that is being answered.
struct Asked(Arc<Pulse>);

impl Asked {
    fn of(pulse: &Arc<Pulse>) -> Self {
        pulse.beat();
        pulse.open.fetch_add(1, Ordering::Relaxed);
        Self(pulse.clone())
    }

    /// Of a large answer, each piece that is taken counts.
    fn hand_over(self, response: Response) -> Response {
        let small = response.body().size_hint().upper().is_some_and(|most| most <= PIECE_BYTES as u64);
        if small {
            return response;
        }
        let pulse = self.0.clone();
        response.map(|body| Body::new(Pieces { body, rest: Bytes::new(), pulse }))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.beat();
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that is handed over in pieces.
struct Pieces {
    body: Body,
    rest: Bytes,
    pulse: Arc<Pulse>,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.pulse.beat();
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                end => return Poll::Ready(end),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let length = self.rest.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        if let Some(most) = hint.upper() {
            hint.set_upper(most + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}
