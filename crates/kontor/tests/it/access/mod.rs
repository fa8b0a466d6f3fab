//! Every route × everybody: what they get is written down in `access.txt` and compared, and what must never be is
//! asserted whatever is written there. Paths name things of the owner (as a buyer) and of the seller.
//!
//! `KONTOR_TEST_BLESS=1` writes the table anew.

mod pages;
mod requests;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

use kontor::{server, stage::client::Client, stage::client::Reply, stage::client::Sent};
use platform::http::Access;

use requests::{call, names_somebodys};
use world::{ACTORS, World};

/// Routes that nobody succeeds with here, because what they need cannot be prepared for everybody: a link from a letter, a
/// code of an authenticator, the signature over a body, a trial or something paid by use in a sandbox, an event that was told.
const NOBODY_SUCCEEDS: [&str; 11] = [
    "/api/v1/seller/errands/{errand}/replay",
    "/api/v1/seller/sandbox/instances/{instance}/conversion",
    "/api/v1/seller/sandbox/instances/{instance}/usage",
    "/api/v1/seller/sandbox/errands/{errand}/restart",
    "/api/mkp-openapi-public/global/v1/isv/usage-data",
    "/api/mkp-openapi-public/global/v1/isv/usage-data/",
    "/api/v1/password-resets/complete",
    "/api/v1/me/totp/confirm",
    "/api/v1/me/totp/disable",
    "/api/v1/users/{user}/totp/disable",
    "/api/v1/operator/users/{user}/totp/disable",
];

/// A route and what each actor got.
struct Row {
    method: &'static str,
    path: &'static str,
    access: Access,
    answers: BTreeMap<&'static str, Got>,
}

#[derive(Clone)]
struct Got {
    status: u16,
    /// The open API says in a code of its own how a 200 went.
    code: Option<String>,
    /// Why not, for people.
    detail: String,
}

impl Got {
    fn of(reply: &Reply) -> Self {
        let unrecorded = reply.body["data"]["check_fail_list"].as_array().is_some_and(|codes| !codes.is_empty());
        let code = if unrecorded { Some("left out") } else { reply.body["error_code"].as_str() };
        let code = code.filter(|_| reply.status == 200).map(str::to_owned);
        Self { status: reply.status, code, detail: reply.body["detail"].as_str().unwrap_or_default().to_owned() }
    }

    fn is_good(&self) -> bool {
        (200..300).contains(&self.status) && self.code.as_deref().is_none_or(|code| GOOD_CODES.contains(&code))
    }

    fn cell(&self) -> String {
        self.code.clone().unwrap_or_else(|| self.status.to_string())
    }
}

/// Done, and not activated yet: both say that the code is one's own.
const GOOD_CODES: [&str; 2] = ["92020000", "92020011"];

#[tokio::test]
async fn every_route_answers_everybody_as_written() -> anyhow::Result<()> {
    let mut world = World::make().await?;
    let rows = walk(&mut world).await?;
    for row in &rows {
        check(row);
    }
    let vacuous = vacuous(&rows);
    assert!(vacuous.is_empty(), "nobody succeeds; tell requests.rs how these are called rightly:\n{vacuous}");
    compare("access.txt", &table(&rows))
}

/// Calls every route as everybody. Whatever changes the world is followed by a fresh one.
async fn walk(world: &mut World) -> anyhow::Result<Vec<Row>> {
    let mut kontor = world.again().await?;
    let mut client = Client::Here(server::router(&kontor, None));
    let mut rows = Vec::new();
    let routes = kontor.routes();
    for route in routes.described() {
        let in_sandbox = route.path.contains("sandbox");
        let mut answers = BTreeMap::new();
        for actor in ACTORS {
            if in_sandbox {
                world.play_in_sandbox(&client).await?;
            }
            let call = call(world, route.method, route.path);
            let token = world.sessions.get(actor).map(String::as_str);
            let version = call.version(&client, token).await?;
            let sent = Sent { token, version, body: call.body.clone(), ..Sent::default() };
            let reply = client.call(route.method, &call.path, sent).await?;
            let wrong_request = matches!(reply.code(), "body.not_json" | "body.syntax" | "if_match.missing" | "stale");
            assert!(!wrong_request, "tell requests.rs how to call {} {}: {}", route.method, route.path, reply.body);
            answers.insert(actor, Got::of(&reply));
            // What is done in a sandbox changes nothing of the world.
            if !in_sandbox && route.method != "GET" && (200..300).contains(&reply.status) {
                kontor.app.db.close().await;
                kontor = world.again().await?;
                client = Client::Here(server::router(&kontor, None));
            }
        }
        rows.push(Row { method: route.method, path: route.path, access: route.access, answers });
    }
    rows.sort_by_key(|row| (row.path, row.method));
    Ok(rows)
}

/// What must hold for a route, whatever the table says.
fn check(row: &Row) {
    let Row { method, path, access, answers } = row;
    let at = |actor: &str| format!("{method} {path} by {actor}: {}", answers[actor].status);
    for actor in ACTORS {
        let got = &answers[actor];
        assert!(got.status < 500, "{}", at(actor));
        let customer = actor != "nobody" && !actor.starts_with("staff_");
        // The documents of these have one status for who is not known and for who may not.
        let one_status = path.contains("/order/query") || path.contains("/isv/usage-data");
        let refused = matches!(got.status, 403 | 404) || (got.status == 401 && one_status);
        match access {
            Access::Public => assert!(!matches!(got.status, 401 | 403), "{}", at(actor)),
            Access::SignedIn | Access::Buyer | Access::Seller | Access::Operator if actor == "nobody" => {
                assert_eq!(got.status, 401, "{}", at(actor));
            }
            Access::SignedIn => {}
            Access::Buyer => assert!(customer || refused, "{}", at(actor)),
            Access::Seller => {
                let sells = actor.starts_with("seller") || actor == "other_seller";
                assert!(sells || refused, "{}", at(actor));
            }
            Access::Operator => assert!(!customer || refused, "{}", at(actor)),
        }
    }
    if *access != Access::Public && names_somebodys(path) {
        for actor in ["stranger", "applicant", "other_seller"] {
            assert!(matches!(answers[actor].status, 403 | 404), "somebody else's: {}", at(actor));
        }
        // An owner may do everything, so that only whose it is can be the reason: it is not there.
        let outsider = match access {
            Access::Buyer | Access::SignedIn => Some("stranger"),
            Access::Seller => Some("other_seller"),
            Access::Public | Access::Operator => None,
        };
        if let Some(actor) = outsider {
            assert_eq!(answers[actor].status, 404, "{}", at(actor));
        }
    }
    // Where assets run is nobody's secret: there are none.
    if path.starts_with("/api/mkp-openapi-public/") && !path.contains("/asset/deployed-object") {
        assert!(!answers["other_seller"].is_good(), "a stranger's code: {}", answers["other_seller"].cell());
    }
}

/// What tells a route that is closed to everybody from one that is only called wrongly here.
fn vacuous(rows: &[Row]) -> String {
    let nobody = |row: &&Row| NOBODY_SUCCEEDS.contains(&row.path) == row.answers.values().any(Got::is_good);
    let why = |row: &Row| {
        let details: BTreeSet<&str> = row.answers.values().map(|got| got.detail.as_str()).collect();
        format!("{} {}: {details:#?}\n", row.method, row.path)
    };
    rows.iter().filter(nobody).map(why).collect()
}

fn table(rows: &[Row]) -> String {
    let route = |row: &Row| format!("{} {}", row.method, row.path);
    let width = rows.iter().map(|row| route(row).len()).max().unwrap_or_default();
    let mut lines = vec![
        "Who gets what: every route, called by everybody with real ids of the owner's and the seller's things."
            .to_owned(),
        "Where the open API answers 200, its own code stands. KONTOR_TEST_BLESS=1 writes this anew.".to_owned(),
        String::new(),
    ];
    let head = |name: &str| format!("{name:>width$}", width = name.len().max(8));
    let names = ACTORS.map(head).join(" ");
    lines.push(format!("{:width$} {names}", "").trim_end().to_owned());
    for row in rows {
        let cells = ACTORS.map(|actor| format!("{:>width$}", row.answers[actor].cell(), width = actor.len().max(8)));
        lines.push(format!("{:width$} {}", route(row), cells.join(" ")));
    }
    lines.join("\n") + "\n"
}

/// Compares with what is written, line by line: a new route, a route that is gone, an answer that differs.
fn compare(name: &str, table: &str) -> anyhow::Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(name);
    if env::var_os("KONTOR_TEST_BLESS").is_some() {
        return Ok(fs::write(file, table)?);
    }
    let written = fs::read_to_string(file).unwrap_or_default();
    let missing = |from: &str, of: &str, mark: &str| {
        let known: Vec<&str> = of.lines().collect();
        let lines = from.lines().filter(|line| !known.contains(line)).map(|line| format!("{mark} {line}\n"));
        lines.collect::<String>()
    };
    let differences = missing(&written, table, "-") + &missing(table, &written, "+");
    assert!(differences.is_empty(), "who gets what differs from {name} (- written, + now):\n{differences}");
    Ok(())
}
