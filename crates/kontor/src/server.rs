//! The HTTP server: all routes behind the same few layers, and a shutdown that finishes what was begun.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::{Error, Result};
use metrics_exporter_prometheus::PrometheusHandle;
use platform::{
    App,
    http::{Problem, openapi, retry_busy},
    jobs,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use crate::{Kontor, worker};

/// No request of ours takes longer, an upload over a slow line included.
const REQUEST_SECONDS: u64 = 120;

/// After this long, connections that are still open are cut.
const SHUTDOWN_SECONDS: u64 = 20;

/// Serves until `stop` is cancelled: HTTP, workers and housekeeping in this process.
pub async fn serve(
    kontor: Kontor,
    listener: TcpListener,
    metrics: Option<PrometheusHandle>,
    stop: CancellationToken,
) -> Result<()> {
    let stop_workers = CancellationToken::new();
    if kontor.app.db.is_exclusive() {
        // What an ended process held is free at once, not when its lease ends.
        jobs::release_leases(&kontor.app.db).await?;
    }
    let workers = worker::start(&kontor, metrics.clone(), &stop_workers);
    let app = router(&kontor, metrics).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown({
        let stop = stop.clone();
        async move { stop.cancelled().await }
    });
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(SHUTDOWN_SECONDS)).await;
    };
    tokio::select! {
        ended = server.into_future() => ended.map_err(Error::fault)?,
        () = late => tracing::warn!("some connections did not end in time and were cut"),
    }
    // Requests may have left jobs behind; the workers finish the one they hold, the rest waits in the database.
    stop_workers.cancel();
    if tokio::time::timeout(Duration::from_secs(SHUTDOWN_SECONDS), workers.wait()).await.is_err() {
        tracing::warn!("a job did not end in time; another process takes it over when its lease ends");
    }
    kontor.app.db.close().await;
    Ok(())
}

/// All routes with their layers.
pub fn router(kontor: &Kontor, metrics: Option<PrometheusHandle>) -> Router {
    let routes = kontor.routes();
    let described = Arc::new(routes.described().to_vec());
    let probes = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(async move || metrics.map(|metrics| metrics.render()).unwrap_or_default()))
        // Made anew each time: few ask, and the tree it is made from is large.
        .route("/api/v1/openapi.json", get(async move || axum::Json(openapi(&described))))
        .with_state(kontor.clone());
    routes
        .into_router()
        .merge(probes)
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not know that method")
        })
        // The body was held and measured by then.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(retry_busy))
        .layer(from_fn_with_state(kontor.app.clone(), limit_strangers))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(REQUEST_SECONDS)))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side")
                .into_response()
        }))
        .layer(from_fn(observe))
        .layer(from_fn_with_state(kontor.app.clone(), believe_proxies))
}

async fn ready(State(kontor): State<Kontor>) -> Response {
    match kontor.policies.versions().await {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

/// Behind a trusted proxy, the client is the last address in `X-Forwarded-For` that is no trusted proxy.
async fn believe_proxies(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let trusted = &app.config.trusted_proxies;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    if let Some(peer) = peer.filter(|peer| trusted.contains(&peer.ip())) {
        let forwarded = request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let addresses: Vec<IpAddr> =
            forwarded.flat_map(|text| text.split(',')).filter_map(|address| address.trim().parse().ok()).collect();
        if let Some(client) = addresses.into_iter().rfind(|address| !trusted.contains(address)) {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, peer.port())));
        }
    }
    next.run(request).await
}

/// Whoever shows no credential is limited by address; credentials have limits of their own.
async fn limit_strangers(State(app): State<App>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let stranger = request.uri().path().starts_with("/api/") && !request.headers().contains_key(header::AUTHORIZATION);
    if let (true, Some(address)) = (stranger, address)
        && let Err(problem) = app.limits.request(&address.to_string())
    {
        return problem.into_response();
    }
    next.run(request).await
}

/// Counts and times requests by route, and adds the headers that every answer has.
async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    // Anybody can invent methods; each name would be a series of its own.
    let method = match request.method().as_str() {
        known @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let begun = tokio::time::Instant::now();
    let mut response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("kontor_http_requests_total", "method" => method.clone(), "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("kontor_http_request_seconds", "method" => method, "route" => route).record(begun.elapsed());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("content-security-policy"), HeaderValue::from_static("default-src 'none'"));
    response
}
