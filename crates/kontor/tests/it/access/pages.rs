//! Every page and every form × everybody: who sees a page is written down in `pages.txt`, and what must never be is asserted.

use std::collections::BTreeMap;

use kontor::{
    server,
    stage::client::{Client, Sent},
};
use platform::http::{Access, Face};

use super::{
    compare,
    requests::{filled, names_somebodys},
    world::{ACTORS, World},
};

#[tokio::test]
async fn every_page_is_shown_to_whom_it_is_for() -> anyhow::Result<()> {
    let mut world = World::make().await?;
    let kontor = world.again().await?;
    let client = Client::Here(server::router(&kontor, None));
    let mut rows = BTreeMap::new();
    for face in kontor.routes().faces() {
        let path = filled(&world, face.path);
        let mut cells = Vec::new();
        for actor in ACTORS {
            // Whoever owns a thing may do with it what a form says, and the world would not be the same for the next.
            let does = face.method == "POST";
            let acts = matches!(actor, "nobody" | "stranger" | "applicant" | "other_seller");
            if does && !(acts && (actor == "nobody" || names_somebodys(face.path))) {
                cells.push("-".to_owned());
                continue;
            }
            let token = world.sessions.get(actor).map(String::as_str);
            let status = client.call(face.method, &path, Sent { token, ..Sent::default() }).await?.status;
            check(face, actor, status);
            cells.push(status.to_string());
        }
        rows.insert((face.path, face.method), cells);
    }
    compare("pages.txt", &table(&rows))
}

/// What must hold for a page or a form, whatever is written.
fn check(face: &Face, actor: &str, status: u16) {
    let Face { method, path, access } = *face;
    let at = format!("{method} {path} by {actor}: {status}");
    assert!(status < 500, "{at}");
    let customer = actor != "nobody" && !actor.starts_with("staff_");
    let refused = matches!(status, 400 | 403 | 404 | 422);
    if actor == "nobody" && method == "POST" {
        // A form that no page of ours was made for is not believed.
        assert_eq!(status, 403, "{at}");
        return;
    }
    match access {
        Access::Public => assert_ne!(status, 403, "{at}"),
        // They are sent to sign in.
        Access::SignedIn | Access::Buyer | Access::Seller | Access::Operator if actor == "nobody" => {
            assert_eq!(status, 303, "{at}");
        }
        Access::SignedIn => {}
        Access::Buyer => assert!(customer || refused, "{at}"),
        Access::Seller => assert!(actor.starts_with("seller") || actor == "other_seller" || refused, "{at}"),
        Access::Operator => assert!(!customer || refused, "{at}"),
    }
    if access != Access::Public && names_somebodys(path) && matches!(actor, "stranger" | "applicant" | "other_seller") {
        assert!(refused, "somebody else's: {at}");
    }
}

fn table(rows: &BTreeMap<(&str, &str), Vec<String>>) -> String {
    let route = |path: &str, method: &str| format!("{method} {path}");
    let width = rows.keys().map(|(path, method)| route(path, method).len()).max().unwrap_or_default();
    let mut lines = vec![
        "Who sees what: every page, asked for by everybody with real ids; 303 leads on or to signing in.".to_owned(),
        "Forms are sent empty, by those who must not succeed. KONTOR_TEST_BLESS=1 writes this anew.".to_owned(),
        String::new(),
    ];
    let head = |name: &str| format!("{name:>width$}", width = name.len().max(8));
    lines.push(format!("{:width$} {}", "", ACTORS.map(head).join(" ")).trim_end().to_owned());
    for ((path, method), cells) in rows {
        let cells: Vec<String> = ACTORS
            .iter()
            .zip(cells)
            .map(|(actor, cell)| format!("{cell:>width$}", width = actor.len().max(8)))
            .collect();
        lines.push(format!("{:width$} {}", route(path, method), cells.join(" ")));
    }
    lines.join("\n") + "\n"
}
