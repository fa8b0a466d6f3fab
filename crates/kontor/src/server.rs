//! The HTTP server: all routes behind the same few layers, and a shutdown that finishes what was begun.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use accounts::Accounts;
use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::FutureExt;
use kernel::Result;
use metrics_exporter_prometheus::PrometheusHandle;
use platform::{
    App,
    http::{Problem, asked_lang, hold, openapi, speak},
    jobs,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Service;
use tower_http::{CompressionLevel, compression::CompressionLayer};

use crate::{Kontor, connections, seen::Known, worker};

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
        kontor.sandboxes.begin_anew().await?;
    }
    let workers = worker::start(&kontor, metrics.clone(), &stop_workers);
    let server = connections::serve(listener, Site::of(&kontor, metrics), kontor.app.clone(), stop.clone());
    let late = async {
        stop.cancelled().await;
        // A turn of a sandbox's clock would hold its connection for longer than that.
        kontor.sandboxes.stop();
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

/// Addresses that are not described, because only those ask who run the site.
const PROBES: [&str; 5] = ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/assets/{name}"];

/// The site as a router, for callers in this process.
pub fn router(kontor: &Kontor, metrics: Option<PrometheusHandle>) -> Router {
    Router::new().fallback_service(Site::of(kontor, metrics))
}

/// All routes and what every request passes on its way in and every answer on its way out. That stands around the routes
/// as a whole: a layer would be copied with each request, together with all that is inside of it.
#[derive(Clone)]
pub(crate) struct Site(Arc<Surround>);

struct Surround {
    accounts: Arc<Accounts>,
    routes: Router,
    known: Known,
}

impl Site {
    pub(crate) fn of(kontor: &Kontor, metrics: Option<PrometheusHandle>) -> Self {
        let routes = kontor.routes();
        let known = Known::of(&routes, &PROBES);
        let described = Arc::new((routes.described().to_vec(), routes.told().to_vec()));
        let probes = Router::new()
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready))
            .route("/metrics", get(async move || metrics.map(|metrics| metrics.render()).unwrap_or_default()))
            // Made anew each time: few ask, and the tree it is made from is large.
            .route("/api/v1/openapi.json", get(async move || axum::Json(openapi(&described.0, &described.1))))
            // Each of its layers copies the state, and a whole marketplace is large.
            .with_state(Arc::new(kontor.clone()));
        let (programs, people) = routes.into_routers();
        let pages = people
            .route("/assets/{name}", get(ui::assets::serve))
            .fallback(async || {
                let detail = ("there is nothing at this address", "该地址没有对应的内容");
                Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
            })
            .layer(from_fn_with_state(kontor.accounts.clone(), accounts::receive))
            .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(is_text));
        let routes = programs.merge(probes).merge(pages).method_not_allowed_fallback(async || {
            let detail = ("this address does not know that method", "该地址不支持这个请求方法");
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        });
        Self(Arc::new(Surround { accounts: Arc::new(kontor.accounts.clone()), routes: routes.with_state(()), known }))
    }

    /// Answers a request, and a panic as what it is: a fault of ours.
    pub(crate) async fn answer(self, request: Request) -> Response {
        // What a request was in the middle of is dropped with it; nothing of it is looked at again.
        let answer = AssertUnwindSafe(self.0.answer(request)).catch_unwind().await;
        answer.unwrap_or_else(|_| {
            let detail = ("something went wrong on our side", "我们的系统出了问题");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
        })
    }
}

impl Service<Request> for Site {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let site = self.clone();
        Box::pin(async move { Ok(site.answer(request).await) })
    }
}

impl Surround {
    async fn answer(&self, mut request: Request) -> Response {
        let Self { accounts, routes, known } = self;
        let app = &accounts.app;
        believe_proxies(app, &mut request);
        let seen = known.see(request.method(), request.uri().path());
        let lang = asked_lang(request.headers());
        // The body is held and measured by `hold`.
        DefaultBodyLimit::disable().apply(&mut request);
        let allowed = check_address(&request).and_then(|()| limit_strangers(app, &request));
        let mut response = match allowed {
            Ok(()) => answer(accounts, request, routes, seen.tries()).await,
            Err(refused) => refused.into_response(),
        };
        speak(lang, &mut response);
        seen.count(response.status());
        guard(response.headers_mut());
        if app.config.public_url.as_ref().is_some_and(|url| url.starts_with("https://")) {
            let year = HeaderValue::from_static("max-age=31536000");
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
        response
    }
}

async fn answer(accounts: &Accounts, mut request: Request, routes: &Router, tries: u32) -> Response {
    if let Err(refused) = accounts::make_room(accounts, &mut request).await {
        return refused;
    }
    let answer = tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS), hold(request, routes, tries));
    answer.await.unwrap_or_else(|_| {
        let detail = ("this took too long and was given up", "处理时间过长，已停止");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).into_response()
    })
}

/// Pages, style sheets and scripts are worth packing; answers of the API are small and often.
fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/"))
}

async fn ready(State(kontor): State<Arc<Kontor>>) -> Response {
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

/// The headers that every answer has.
fn guard(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("default-src 'none'"));
}
