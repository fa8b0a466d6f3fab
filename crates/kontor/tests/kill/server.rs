//! The real binary on data that stays, and its sudden end.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};

pub(crate) const STAFF_EMAIL: &str = "ops@site.example";
pub(crate) const STAFF_PASSWORD: &str = "a site needs an operator";

/// Where the data lies that outlives the servers.
#[derive(Clone)]
pub(crate) struct Site {
    folder: PathBuf,
    database_url: Option<String>,
}

/// A running server, which does not outlive its test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// Held, so that the server can go on talking.
    _output: BufReader<ChildStdout>,
}

impl Site {
    pub(crate) fn new(folder: &Path, database_url: Option<String>) -> Self {
        Self { folder: folder.to_owned(), database_url }
    }

    /// Starts a server and waits until it listens.
    pub(crate) async fn start(&self) -> anyhow::Result<Server> {
        let mut child = self.spawn()?;
        let output = child.stdout.take().context("its output is a pipe")?;
        let (line, output) = tokio::task::spawn_blocking(move || {
            let (mut line, mut output) = (String::new(), BufReader::new(output));
            output.read_line(&mut line).map(|_| (line, output))
        })
        .await??;
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_default().to_owned();
        let server = Server { child, address, _output: output };
        ensure!(!server.address.is_empty(), "the server did not start");
        Ok(server)
    }

    /// A server that is killed while it starts, or soon after.
    pub(crate) async fn start_and_kill(&self, after: Duration) -> anyhow::Result<()> {
        let mut child = self.spawn()?;
        tokio::time::sleep(after).await;
        // SIGKILL; a server that had ended by itself would have failed to start.
        ensure!(child.try_wait()?.is_none(), "the server did not start");
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    pub(crate) fn create_operator(&self) -> anyhow::Result<()> {
        let mut child = self
            .command(&["admin", "create-operator", "--email", STAFF_EMAIL])?
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut input = child.stdin.take().context("its input is a pipe")?;
        writeln!(input, "{STAFF_PASSWORD}")?;
        ensure!(child.wait()?.success(), "the operator could not be made");
        Ok(())
    }

    /// `kontor audit` exits with 0.
    pub(crate) fn audit(&self) -> anyhow::Result<()> {
        let output = self.command(&["audit"])?.output()?;
        ensure!(output.status.success(), "audit: {}", String::from_utf8_lossy(&output.stdout));
        Ok(())
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        Ok(self.command(&["serve", "--listen", "127.0.0.1:0"])?.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?)
    }

    fn command(&self, verb: &[&str]) -> anyhow::Result<Command> {
        let log: File = OpenOptions::new().create(true).append(true).open(self.folder.join("log"))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_kontor"));
        command.args(verb).arg("--data").arg(self.folder.join("data"));
        if let Some(url) = &self.database_url {
            command.args(["--database-url", url]);
        }
        // Nobody waits for a hash or a limit here.
        let settings = [
            ("KONTOR_LOG__LEVEL", "warn"),
            ("KONTOR_PASSWORDS__MEMORY_KIB", "8"),
            ("KONTOR_PASSWORDS__PASSES", "1"),
            ("KONTOR_LIMITS__REQUESTS_PER_SECOND", "1000000"),
            ("KONTOR_LIMITS__BURST", "1000000"),
            ("KONTOR_LIMITS__SIGN_INS_PER_MINUTE", "1000000"),
        ];
        command.envs(settings).stderr(log);
        Ok(command)
    }
}

impl Server {
    /// SIGKILL: no goodbye, no flush.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "the server had ended by itself");
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// As a service manager does; what was begun is finished.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status()?;
        ensure!(told.success() && self.child.wait()?.success(), "the server did not end in good order");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a kill or a stop there is nothing left to end.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
