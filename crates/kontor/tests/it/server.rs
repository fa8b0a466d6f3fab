//! The real binary in a place of its own: a scratch folder, a database, settings under which nobody has to wait.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use kontor::stage::{People, client::Client};
use tempfile::TempDir;

pub(crate) const STAFF_EMAIL: &str = "ops@site.example";
pub(crate) const STAFF_PASSWORD: &str = "a site needs an operator";

/// Cheap hashes and no limits.
const QUICK: [(&str, &str); 5] = [
    ("KONTOR_PASSWORDS__MEMORY_KIB", "8"),
    ("KONTOR_PASSWORDS__PASSES", "1"),
    ("KONTOR_LIMITS__REQUESTS_PER_SECOND", "1000000"),
    ("KONTOR_LIMITS__BURST", "1000000"),
    ("KONTOR_LIMITS__SIGN_INS_PER_MINUTE", "1000000"),
];

/// Longer than it takes to finish what was begun.
const END_WITHIN: Duration = Duration::from_secs(10);

/// Where a marketplace lives.
pub(crate) struct Site {
    folder: TempDir,
    url: Option<String>,
    settings: Vec<(String, String)>,
}

impl Site {
    /// An empty place with settings for tests.
    pub(crate) fn quick(url: Option<String>) -> anyhow::Result<Self> {
        Self::with(url, &QUICK)
    }

    /// An empty place with settings given as environment variables.
    pub(crate) fn with(url: Option<String>, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        // Outgoing connections of this process need it once; the binary does the same.
        rustls::crypto::ring::default_provider().install_default().ok();
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Self { folder: tempfile::tempdir()?, url, settings })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The binary, ready to run a verb here.
    pub(crate) fn kontor(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kontor"));
        command.args(verb).arg("--data").arg(self.data());
        if let Some(url) = &self.url {
            command.args(["--database-url", url]);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    /// Runs a verb to its end; gives the exit code and everything it said.
    pub(crate) fn run(&self, verb: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
        let output = self.kontor(verb).output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&said).into_owned()))
    }

    /// Makes the first login, the password on standard input.
    pub(crate) fn create_operator(&self) -> anyhow::Result<()> {
        let mut command = self.kontor(&["admin", "create-operator", "--email", STAFF_EMAIL]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        writeln!(child.stdin.take().context("its input is a pipe")?, "{STAFF_PASSWORD}")?;
        ensure!(child.wait()?.success(), "the operator was not made");
        Ok(())
    }

    /// Starts the server and waits until it says where it listens.
    pub(crate) fn serve(&self) -> anyhow::Result<Server<'_>> {
        let log = self.folder.path().join("log");
        let written = std::fs::File::create(&log)?;
        let mut command = self.kontor(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(written).spawn()?;
        let mut output = BufReader::new(child.stdout.take().context("its output is a pipe")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let server = Server { _site: self, child, _output: output, greeting: line.trim().to_owned() };
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        ensure!(server.address().starts_with("http://127.0.0.1:"), "the server did not start: {line}{}", said());
        Ok(server)
    }
}

/// A running server, which outlives neither its test nor its place.
pub(crate) struct Server<'s> {
    _site: &'s Site,
    child: Child,
    /// Held, so that whatever it says finds a reader.
    _output: BufReader<ChildStdout>,
    /// What it said when it was ready.
    pub(crate) greeting: String,
}

impl Server<'_> {
    pub(crate) fn address(&self) -> &str {
        self.greeting.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_default()
    }

    /// Everybody's way in, over HTTP.
    pub(crate) fn people(&self) -> anyhow::Result<People> {
        Ok(People::new(Client::http(self.address())?, STAFF_EMAIL, STAFF_PASSWORD))
    }

    pub(crate) fn tell_to_end(&self) -> anyhow::Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(told.success(), "the server's process is gone");
        Ok(())
    }

    /// Ends it as a service manager does, and says how it ended.
    pub(crate) fn stop(mut self) -> anyhow::Result<ExitStatus> {
        self.terminate()?.context("the server did not end in time")
    }

    /// Says how it ended that was told to.
    pub(crate) fn ended(mut self) -> anyhow::Result<ExitStatus> {
        self.wait()?.context("the server did not end in time")
    }

    fn terminate(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        if let Some(ended) = self.child.try_wait()? {
            return Ok(Some(ended));
        }
        self.tell_to_end()?;
        self.wait()
    }

    fn wait(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + END_WITHIN;
        while Instant::now() < deadline {
            if let Some(ended) = self.child.try_wait()? {
                return Ok(Some(ended));
            }
            thread::park_timeout(Duration::from_millis(10));
        }
        Ok(None)
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        if !matches!(self.terminate(), Ok(Some(_))) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}
