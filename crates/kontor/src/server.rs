//! The HTTP server: all routes behind the same few layers, and a shutdown that finishes what was begun.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use accounts::Accounts;
use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::Result;
use metrics_exporter_prometheus::PrometheusHandle;
use platform::{
    App,
    http::{Problem, asked_lang, openapi, retry_busy, speak},
    jobs,
};
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{Kontor, connections, worker};

/// The longest address with its query; nothing of ours comes near it.
const ADDRESS_BYTES_MAX: usize = 8 * 1024;

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
    let server = connections::serve(listener, router(&kontor, metrics), kontor.app.clone(), stop.clone());
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(SHUTDOWN_SECONDS)).await;
    };
    tokio::select! {
        () = server => {}
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
    let (programs, people) = routes.into_routers();
    let pages = people
        .route("/assets/{name}", get(ui::assets::serve))
        .fallback(async || {
            let detail = ("there is nothing at this address", "该地址没有对应的内容");
            Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
        })
        .layer(from_fn_with_state(kontor.accounts.clone(), accounts::receive))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(is_text));
    programs
        .merge(probes)
        .merge(pages)
        .method_not_allowed_fallback(async || {
            let detail = ("this address does not know that method", "该地址不支持这个请求方法");
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        // One layer, because each request copies a layer with all that is inside of it.
        .layer(ServiceBuilder::new().layer(from_fn_with_state(Arc::new(kontor.accounts.clone()), surround)).layer(
            CatchPanicLayer::custom(|_| {
                let detail = ("something went wrong on our side", "我们的系统出了问题");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
            }),
        ))
}

/// What every request passes on its way in and every answer on its way out.
async fn surround(State(accounts): State<Arc<Accounts>>, mut request: Request, next: Next) -> Response {
    let app = &accounts.app;
    believe_proxies(app, &mut request);
    let (seen, lang) = (Seen::of(&request), asked_lang(request.headers()));
    // The body is held and measured by `retry_busy`.
    DefaultBodyLimit::disable().apply(&mut request);
    let allowed = check_address(&request).and_then(|()| limit_strangers(app, &request));
    let mut response = match allowed {
        Ok(()) => answer(&accounts, request, next).await,
        Err(refused) => refused.into_response(),
    };
    speak(lang, &mut response);
    seen.count(&response);
    guard(response.headers_mut());
    if app.config.public_url.as_ref().is_some_and(|url| url.starts_with("https://")) {
        let year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

async fn answer(accounts: &Accounts, mut request: Request, next: Next) -> Response {
    if let Err(refused) = accounts::make_room(accounts, &mut request).await {
        return refused;
    }
    let answer = tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS), retry_busy(request, next));
    answer.await.unwrap_or_else(|_| {
        let detail = ("this took too long and was given up", "处理时间过长，已停止");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).into_response()
    })
}

/// Pages, style sheets and scripts are worth packing; answers of the API are small and often.
fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/"))
}

async fn ready(State(kontor): State<Kontor>) -> Response {
    match kontor.policies.versions().await {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

/// Behind a trusted proxy, the client is the last address in `X-Forwarded-For` that is no trusted proxy.
fn believe_proxies(app: &App, request: &mut Request) {
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
}

fn check_address(request: &Request) -> Result<(), Problem> {
    let length = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if length <= ADDRESS_BYTES_MAX {
        return Ok(());
    }
    let detail = (
        format!("an address may have at most {ADDRESS_BYTES_MAX} bytes with its query"),
        format!("地址连同查询参数不能超过 {ADDRESS_BYTES_MAX} 字节"),
    );
    Err(Problem::new(StatusCode::URI_TOO_LONG, "address.too_long", detail))
}

/// Styles and scripts that browsers keep, and what those ask who run the site.
const OPEN: [&str; 4] = ["/assets/", "/healthz", "/readyz", "/metrics"];

/// Whoever shows no credential is limited by address; credentials have limits of their own.
fn limit_strangers(app: &App, request: &Request) -> Result<(), Problem> {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let (path, headers) = (request.uri().path(), request.headers());
    let known =
        headers.contains_key(header::AUTHORIZATION) || (!path.starts_with("/api/") && accounts::has_session(headers));
    let stranger = !known && !OPEN.iter().any(|open| path.starts_with(open));
    match address.filter(|_| stranger) {
        Some(address) => app.limits.request(&address.to_string()),
        None => Ok(()),
    }
}

/// A request as it is counted and timed.
struct Seen {
    method: &'static str,
    route: Option<MatchedPath>,
    begun: Instant,
}

impl Seen {
    fn of(request: &Request) -> Self {
        // Anybody can invent methods; each name would be a series of its own.
        let method = match request.method().as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            "HEAD" => "HEAD",
            "OPTIONS" => "OPTIONS",
            _ => "other",
        };
        Self { method, route: request.extensions().get().cloned(), begun: Instant::now() }
    }

    fn count(&self, response: &Response) {
        let (method, status) = (self.method, response.status().as_str().to_owned());
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str).to_owned();
        metrics::counter!("kontor_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
            .increment(1);
        metrics::histogram!("kontor_http_request_seconds", "method" => method, "route" => route)
            .record(self.begun.elapsed());
    }
}

/// The headers that every answer has.
fn guard(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("default-src 'none'"));
}
