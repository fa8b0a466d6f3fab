//! PostgreSQL for tests: one private cluster for the test process, a fresh database for each test.
//!
//! The cluster is started by the first test that asks and never outlives the process, however that ends: a shell keeps
//! it and reads from a pipe that only we hold; when the pipe closes, it stops the server and removes the folder.

#![expect(clippy::expect_used, reason = "a test that cannot set up its world has failed")]

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// What a commit promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Commits {
    /// It is on disk: what users run.
    Durable,
    /// It survives a crash of ours, not of the machine; tests take a fraction of the time.
    Relaxed,
}

impl Commits {
    fn settings(self) -> &'static str {
        match self {
            Self::Durable => "",
            Self::Relaxed => "-c fsync=off -c synchronous_commit=off -c full_page_writes=off",
        }
    }
}

/// The URL of a fresh, empty database whose commits do not wait for the disk. None: PostgreSQL is not installed, and
/// nobody has asked for more than the SQLite half.
pub(crate) fn database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(Commits::Relaxed)).as_ref().map(Cluster::database)
}

/// Like [`database`], on a server that writes as durably as the default of PostgreSQL.
pub(crate) fn durable_database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(Commits::Durable)).as_ref().map(Cluster::database)
}

struct Cluster {
    programs: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Holds the write end of the keeper's pipe. Statics are never dropped: it closes when the process ends.
    _keeper: Child,
}

/// Starts the server, says so, waits until the pipe closes, and cleans up. Signals that end the tests pass it by.
/// Arguments: folder, port, settings, folder of the programs, and what turns root into a user that PostgreSQL accepts.
const KEEPER: &str = r#"
dir=$1 port=$2 settings=$3 programs=$4
shift 4
trap '' HUP INT TERM PIPE
cd /
start() {
    mkdir "$dir" && chmod 755 "$dir" || return 1
    [ $# = 0 ] || chown postgres "$dir" || return 1
    "$@" "$programs/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale --no-sync || return 1
    "$@" "$programs/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 \
        -o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c max_connections=300 $settings" start
}
said=$(start "$@" 2>&1) && echo ready || { echo failed; echo "$said"; cat "$dir/log"; }
read -r _
"$@" "$programs/pg_ctl" -D "$dir/data" -m immediate -w stop
rm -rf "$dir"
"#;

impl Cluster {
    fn start(commits: Commits) -> Option<Self> {
        let Some(programs) = programs() else {
            skipped("PostgreSQL is not installed");
            return None;
        };
        // Between our letting go of a free port and the server's taking it, somebody else may have come.
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::try_start(commits, &programs) {
                Ok(cluster) => return Some(cluster),
                Err(said) => assert!(tries < 3, "PostgreSQL in {} does not start:\n{said}", programs.display()),
            }
        }
    }

    fn try_start(commits: Commits, programs: &Path) -> Result<Self, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("kontor-postgres-{}-{number}", std::process::id()));
        let port = free_port();
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]);
        command.arg(folder).arg(port.to_string()).arg(commits.settings()).arg(programs);
        if is_root() {
            command.args(["runuser", "-u", "postgres", "--"]);
        }
        // Its own process group: Ctrl-C reaches us, and the closing pipe reaches it.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = command.spawn().expect("there is a shell");
        let mut output = BufReader::new(keeper.stdout.take().expect("its output is a pipe"));
        let mut word = String::new();
        output.read_line(&mut word).expect("the keeper speaks text");
        if word.trim() == "ready" {
            return Ok(Self { programs: programs.to_owned(), port, databases: AtomicU32::new(0), _keeper: keeper });
        }
        drop(keeper.stdin.take());
        let mut said = String::new();
        output.read_to_string(&mut said).expect("the keeper speaks text");
        keeper.wait().expect("the keeper ends when its pipe closes");
        Err(said)
    }

    fn database(&self) -> String {
        let name = format!("t_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let output = self.run("createdb", &["--maintenance-db=postgres", &name]);
        assert!(output.status.success(), "database {name}: {}", String::from_utf8_lossy(&output.stderr));
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    fn run(&self, program: &str, args: &[&str]) -> std::process::Output {
        Command::new(self.programs.join(program))
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres"])
            .args(args)
            .stdin(Stdio::null())
            .output()
            .expect("the client's programs lie beside the server's")
    }
}

/// Says that a part of a test has no peer here; where everything has to be tested, that is a failure.
pub(crate) fn skipped(why: &str) {
    assert!(env::var_os("KONTOR_TEST_REQUIRE").is_none(), "{why}, and KONTOR_TEST_REQUIRE demands it");
    // Written past the test harness, which shows what passing tests print to nobody.
    let notice =
        format!("\n!!! SKIPPED: {why}; what needs it is NOT tested (KONTOR_TEST_REQUIRE=1 makes this a failure)\n\n");
    std::io::stderr().write_all(notice.as_bytes()).expect("stderr is open");
}

/// The folder with the server's programs: Debian keeps them out of the path, by version; the newest wins.
fn programs() -> Option<PathBuf> {
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let debian = versions.into_iter().rev().map(|(_, folder)| folder);
    debian
        .chain(on_path)
        .find(|folder| ["initdb", "pg_ctl", "postgres", "createdb"].iter().all(|name| folder.join(name).is_file()))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id is a standard program");
    output.stdout.trim_ascii() == b"0"
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One value, asked of a server through its own client.
    fn ask(url: &str, sql: &str) -> String {
        let psql = programs().unwrap().join("psql");
        let output = Command::new(psql).args([url, "-X", "-A", "-t", "-c", sql]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn each_test_gets_a_database_of_its_own() {
        let (Some(one), Some(other)) = (database(), database()) else {
            return;
        };
        ask(&one, "create table mine (id bigint)");
        assert_eq!(ask(&one, "select count(*) from pg_class where relname = 'mine'"), "1");
        assert_eq!(ask(&other, "select count(*) from pg_class where relname = 'mine'"), "0");
    }

    #[test]
    fn only_the_durable_server_waits_for_the_disk() {
        let (Some(relaxed), Some(durable)) = (database(), durable_database()) else {
            return;
        };
        assert_eq!(ask(&relaxed, "show fsync"), "off");
        assert_eq!([ask(&durable, "show fsync"), ask(&durable, "show synchronous_commit")], ["on", "on"]);
    }
}
