//! Calls to systems of strangers, whose addresses, answers and pace are not to be trusted.
//!
//! A name is resolved here, each of its addresses is checked, and the connection goes to one that was checked. No
//! redirect is followed, no proxy of the environment is used, TLS is 1.2 or newer, time and size have limits.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use kernel::{Error, Result, choices};
use reqwest::{
    Client, ClientBuilder, RequestBuilder, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    tls::Version,
};

use crate::config::OutgoingSettings;

choices! {
    /// Why no answer came.
    pub enum NoAnswer {
        /// It is no address that this site calls: not https, or a user name in it.
        Address = "address",
        /// It leads into a network that nobody outside may reach, and the site's settings do not allow it.
        Network = "network",
        /// Nobody is there: no such name, no connection.
        Unreachable = "unreachable",
        /// The certificate or the version of TLS is not accepted.
        Tls = "tls",
        Slow = "slow",
        Large = "large",
        /// It broke off, or was no HTTP.
        Broken = "broken",
    }
}

/// What came back, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
    /// For how many seconds it wants to be left alone: `Retry-After`, as a number.
    pub retry_after: Option<u32>,
    /// What signs it, where a header for that was asked for.
    pub signature: Option<String>,
}

/// A part of the address space, such as `10.0.0.0/8` or `fd00::/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// IPv4 stands among the mapped addresses of IPv6, so that there is one space.
    base: u128,
    prefix: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("is no network like 10.0.0.0/8")]
pub struct WrongNetwork;

impl FromStr for Network {
    type Err = WrongNetwork;

    fn from_str(text: &str) -> std::result::Result<Self, WrongNetwork> {
        let (address, prefix) = text.trim().split_once('/').ok_or(WrongNetwork)?;
        let address: IpAddr = address.parse().map_err(|_| WrongNetwork)?;
        let prefix: u32 = prefix.parse().map_err(|_| WrongNetwork)?;
        let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        if prefix > most {
            return Err(WrongNetwork);
        }
        Ok(Self { base: number(address), prefix: prefix + before })
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        let differs = self.base ^ number(address);
        differs.checked_shr(128 - self.prefix).unwrap_or(0) == 0
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// Whether an address is anybody's in the open internet. What hides another address in itself is judged by that one.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let closed = match (a, b, c) {
        // This network, private, loopback, multicast, reserved, broadcast.
        (0 | 10 | 127 | 224.., ..)
        // Carrier-grade NAT, where a cloud keeps its metadata.
        | (100, 64..=127, _)
        // Link-local, where the others keep theirs.
        | (169, 254, _)
        | (172, 16..=31, _)
        | (192, 168, _)
        // Protocols, documentation, old relays, benchmarks.
        | (192, 0, 0 | 2)
        | (192, 88, 99)
        | (198, 18 | 19, _)
        | (198, 51, 100)
        | (203, 0, 113) => true,
        // The host of virtual machines, with a public number.
        (168, 63, 129) => address == Ipv4Addr::new(168, 63, 129, 16),
        _ => false,
    };
    !closed
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        // NAT64 and 6to4 lead to an address of IPv4.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => is_public_v4(inner(high, low)),
        // Protocols, Teredo and documentation stand among the global ones.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

/// What may be reached.
#[derive(Clone)]
struct Guard {
    /// Closed networks that the site's settings open.
    networks: Arc<[Network]>,
    /// Whether the open internet may be reached too.
    internet: bool,
}

impl Guard {
    fn allows(&self, address: IpAddr) -> bool {
        let opened = self.networks.iter().any(|network| network.holds(address.to_canonical()));
        opened || (self.internet && is_public(address))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads into a network that is not called from here")]
struct Closed;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = if is_this_machine(name.as_str()) {
                vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]
            } else {
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect()
            };
            let open: Vec<SocketAddr> = found.into_iter().filter(|address| guard.allows(address.ip())).collect();
            if open.is_empty() {
                return Err(Closed.into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

/// Whether a name means this machine, whatever a name server says of it (RFC 6761 §6.3).
fn is_this_machine(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// The way out.
#[derive(Clone)]
pub struct Outgoing {
    /// With encryption. None: this machine has no certificates of authorities, so nobody could be believed.
    safe: Option<Way>,
    /// Without encryption, into opened networks only.
    plain: Way,
    answer_max: usize,
}

#[derive(Clone)]
struct Way {
    client: Client,
    guard: Guard,
}

impl Way {
    fn new(builder: ClientBuilder, guard: Guard, timeout: Duration) -> Result<Self> {
        let client = builder
            .dns_resolver(guard.clone())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_version_min(Version::TLS_1_2)
            .connect_timeout(timeout)
            .timeout(timeout)
            // Each call resolves and checks anew, and nobody keeps connections of ours.
            .pool_max_idle_per_host(0)
            .user_agent("Kontor")
            .build()
            .map_err(Error::fault)?;
        Ok(Self { client, guard })
    }
}

impl Outgoing {
    pub fn new(settings: &OutgoingSettings) -> Result<Self> {
        let networks: Arc<[Network]> = settings.networks.iter().filter_map(|text| text.parse().ok()).collect();
        let timeout = Duration::from_secs(u64::from(settings.timeout_seconds));
        let guard = |internet| Guard { networks: networks.clone(), internet };
        // Refused when the program has chosen one already: that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let safe = Way::new(Client::builder(), guard(true), timeout);
        if let Err(error) = &safe {
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(why, "sellers' systems cannot be called over https; install certificates of authorities");
        }
        Ok(Self {
            safe: safe.ok(),
            plain: Way::new(Client::builder().tls_certs_only([]), guard(false), timeout)?,
            answer_max: usize::try_from(settings.answer_kib).unwrap_or(usize::MAX).saturating_mul(1_024),
        })
    }

    /// Whether a host is itself an address in a network that the settings open.
    pub fn opens(&self, host: &str) -> bool {
        let guard = &self.plain.guard;
        let host = if host == "localhost" { "127.0.0.1" } else { host.trim_start_matches('[').trim_end_matches(']') };
        host.parse().is_ok_and(|address| guard.allows(address))
    }

    /// Posts JSON, with more in its head, and takes what comes back, whatever its status.
    pub async fn post(
        &self,
        address: &str,
        more: &[(&'static str, String)],
        body: String,
    ) -> std::result::Result<Fetched, NoAnswer> {
        let url = Url::parse(address).map_err(|_| NoAnswer::Address)?;
        let way = self.way(&url)?;
        let usual = way
            .client
            .post(url)
            .header("accept", "application/json")
            .header("content-type", "application/json;charset=utf8");
        let request = more.iter().fold(usual, |request, (name, value)| request.header(*name, value)).body(body);
        self.fetch(request, None).await
    }

    /// Asks for JSON and takes what comes back, with the header that signs it.
    pub async fn get(&self, address: &str, signature: &'static str) -> std::result::Result<Fetched, NoAnswer> {
        let url = Url::parse(address).map_err(|_| NoAnswer::Address)?;
        let way = self.way(&url)?;
        self.fetch(way.client.get(url).header("accept", "application/json"), Some(signature)).await
    }

    async fn fetch(
        &self,
        request: RequestBuilder,
        signature: Option<&'static str>,
    ) -> std::result::Result<Fetched, NoAnswer> {
        let mut response = request.send().await.map_err(|error| why(&error))?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let content_type = header("content-type").unwrap_or_default().chars().take(200).collect();
        let retry_after = header("retry-after").and_then(|text| text.trim().parse().ok());
        let signature = signature.and_then(header).map(|text| text.chars().take(500).collect());
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| why(&error))? {
            if body.len() + part.len() > self.answer_max {
                return Err(NoAnswer::Large);
            }
            body.extend_from_slice(&part);
        }
        Ok(Fetched { status, content_type, body, retry_after, signature })
    }

    /// The way to an address. A literal address is checked here, because nobody resolves it.
    fn way(&self, url: &Url) -> std::result::Result<&Way, NoAnswer> {
        let way = match url.scheme() {
            "https" => self.safe.as_ref().ok_or(NoAnswer::Tls)?,
            "http" => &self.plain,
            _ => return Err(NoAnswer::Address),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NoAnswer::Address);
        }
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match literal {
            Ok(address) if !way.guard.allows(address) => Err(NoAnswer::Network),
            Ok(_) | Err(_) => Ok(way),
        }
    }
}

/// What kept an answer from coming, as far as the library tells.
fn why(error: &reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        return NoAnswer::Slow;
    }
    let mut source = std::error::Error::source(error);
    while let Some(next) = source {
        if next.is::<Closed>() {
            return NoAnswer::Network;
        }
        if is_of_tls(next) {
            return NoAnswer::Tls;
        }
        source = next.source();
    }
    if error.is_connect() { NoAnswer::Unreachable } else { NoAnswer::Broken }
}

/// Errors of input and output hide the one that they were made of.
fn is_of_tls(mut error: &(dyn std::error::Error + 'static)) -> bool {
    loop {
        if error.is::<rustls::Error>() {
            return true;
        }
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => error = inner,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn only_the_open_internet_is_public() {
        let check = |text: &str, public: bool| assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        for open in
            ["8.8.8.8", "100.63.0.1", "100.128.0.1", "172.15.0.1", "172.32.0.1", "168.63.129.15", "2606:4700::1111"]
        {
            check(open, true);
        }
        for closed in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
        ] {
            check(closed, false);
        }
        check("64:ff9b::808:808", true);
    }

    #[test]
    fn a_network_holds_what_begins_alike() {
        let check = |network: &str, address: &str, held: bool| {
            assert_eq!(
                network.parse::<Network>().unwrap().holds(address.parse().unwrap()),
                held,
                "{network} {address}"
            );
        };
        check("127.0.0.0/8", "127.255.0.1", true);
        check("127.0.0.0/8", "128.0.0.1", false);
        check("10.0.0.7/32", "10.0.0.7", true);
        check("10.0.0.7/32", "10.0.0.6", false);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("0.0.0.0/0", "2606:4700::1111", false);
        check("fd00::/8", "fdab::1", true);
        for wrong in ["10.0.0.0", "10.0.0.0/33", "ten/8", "fd00::/129"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    fn outgoing(networks: &[&str]) -> Outgoing {
        let networks = networks.iter().map(|text| (*text).to_owned()).collect();
        Outgoing::new(&OutgoingSettings { networks, timeout_seconds: 1, answer_kib: 4 }).unwrap()
    }

    /// A server that said one thing to everybody, and whether it then keeps the connection.
    async fn server(said: String, stays: bool) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let said = said.clone();
                tokio::spawn(async move {
                    let mut request = [0; 4_096];
                    let _ = connection.read(&mut request).await;
                    let _ = connection.write_all(said.as_bytes()).await;
                    if stays {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        port
    }

    fn answer(head: &str, body: &str) -> String {
        format!("HTTP/1.1 {head}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    async fn ask(said: String, stays: bool) -> std::result::Result<Fetched, NoAnswer> {
        let port = server(said, stays).await;
        outgoing(&["127.0.0.0/8"]).post(&format!("http://127.0.0.1:{port}/x"), &[], "{}".to_owned()).await
    }

    #[tokio::test]
    async fn a_strangers_server_may_misbehave_as_it_likes() {
        let fine = ask(answer("200 OK", "{}"), false).await.unwrap();
        assert_eq!(
            (fine.status, fine.content_type.as_str(), fine.body.as_slice()),
            (200, "application/json", &b"{}"[..])
        );
        assert_eq!(ask(String::new(), true).await, Err(NoAnswer::Slow), "it says nothing");
        let begun = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{";
        assert_eq!(ask(begun.to_owned(), true).await, Err(NoAnswer::Slow), "it begins and waits");
        assert_eq!(ask(begun.to_owned(), false).await, Err(NoAnswer::Broken), "it begins and ends");
        assert_eq!(ask(answer("200 OK", &"x".repeat(4_097)), false).await, Err(NoAnswer::Large));
        let endless = format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}",
            "1000\r\n".to_owned() + &"x".repeat(4_096) + "\r\n1\r\nx\r\n"
        );
        assert_eq!(ask(endless, true).await, Err(NoAnswer::Large), "it has no end");
        assert_eq!(ask("SSH-2.0-OpenSSH_9.6\r\n".to_owned(), false).await, Err(NoAnswer::Broken), "no HTTP at all");
        let elsewhere = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(ask(elsewhere.to_owned(), false).await.unwrap().status, 302, "nobody follows");
    }

    #[tokio::test]
    async fn what_is_asked_for_comes_with_its_signature() {
        let signed = answer("200 OK\r\nbody-sign: sign_type=\"x\"", "{}");
        let port = server(signed, false).await;
        let address = format!("http://127.0.0.1:{port}/x?a=b%20c");
        let came = outgoing(&["127.0.0.0/8"]).get(&address, "body-sign").await.unwrap();
        assert_eq!((came.status, came.signature.as_deref()), (200, Some("sign_type=\"x\"")));
        assert_eq!(outgoing(&["127.0.0.0/8"]).post(&address, &[], String::new()).await.unwrap().signature, None);
        assert_eq!(outgoing(&[]).get(&address, "body-sign").await, Err(NoAnswer::Network));
    }

    #[tokio::test]
    async fn what_is_closed_is_not_called() {
        let port = server(answer("200 OK", "{}"), false).await;
        let check = async |networks: &[&str], address: &str, expected: NoAnswer| {
            assert_eq!(outgoing(networks).post(address, &[], "{}".to_owned()).await, Err(expected), "{address}");
        };
        for host in ["127.0.0.1", "localhost", "system.localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
            check(&[], &format!("http://{host}:{port}/"), NoAnswer::Network).await;
            check(&[], &format!("https://{host}:{port}/"), NoAnswer::Network).await;
        }
        check(&[], "https://169.254.169.254/latest/meta-data", NoAnswer::Network).await;
        check(&["10.0.0.0/8"], &format!("http://127.0.0.1:{port}/"), NoAnswer::Network).await;
        check(&["127.0.0.0/8"], "http://8.8.8.8/", NoAnswer::Network).await;
        check(&[], "ftp://8.8.8.8/", NoAnswer::Address).await;
        check(&[], "https://user@8.8.8.8/", NoAnswer::Address).await;
        check(&["127.0.0.0/8"], &format!("https://localhost:{port}/"), NoAnswer::Tls).await;
        let opened = outgoing(&["127.0.0.0/8"]).post(&format!("http://localhost:{port}/"), &[], "{}".to_owned()).await;
        assert_eq!(opened.unwrap().status, 200);
    }
}
