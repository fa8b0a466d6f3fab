//! The connections of the server: as many as it may have, and none that holds its place without asking for something.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use platform::config::LimitSettings;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The largest head of a request, its address included.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// After a failure to accept, which is mostly a lack of file handles: somebody has to leave first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Serves until `stop` is cancelled, then lets the connections end what they have begun.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: LimitSettings, stop: CancellationToken) {
    let router: Router = router.with_state(());
    let head = Duration::from_secs(u64::from(limits.head_seconds.max(1)));
    let http = builder(head);
    let seats = Arc::new(Semaphore::new(usize::try_from(limits.connections.max(1)).unwrap_or(Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &seats) => accepted,
            () = stop.cancelled() => break,
        };
        let Some((stream, peer, seat)) = accepted else { continue };
        let asked = Arc::new(AtomicBool::new(false));
        let service = TowerToHyperService::new(router.clone().map_request({
            let asked = asked.clone();
            move |request: Request<Incoming>| {
                asked.store(true, Ordering::Relaxed);
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                request
            }
        }));
        let connection = http.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // The builder's own time begins when the protocol is known, which a silent client can keep from it.
            let silent = async {
                tokio::time::sleep(head).await;
                if asked.load(Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                ended = connection => if let Err(error) = ended { tracing::trace!(error, "a connection ended badly") },
                () = silent => tracing::trace!("a connection asked for nothing and was closed"),
            }
            drop(seat);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

fn builder(head: Duration) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(HEAD_BYTES_MAX);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(head)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX));
    http
}

/// The next connection, once there is room for it. Without room, clients wait in the system's queue.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let seat = seats.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
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
