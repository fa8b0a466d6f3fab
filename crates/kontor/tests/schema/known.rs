//! The ids that somebody may know: gathered from what the API shows, given to schemathesis to ask with.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use kontor::{
    Kontor,
    stage::{Stage, client::Sent},
};
use serde_json::Value;

/// The parameters of our paths and the ids that they take.
const PARAMETERS: &[(&str, &str)] = &[
    ("access_key", "aky"),
    ("account", "acc"),
    ("application", "sap"),
    ("certification", "bci"),
    ("change", "sch"),
    ("code", "lic"),
    ("coupon_batch", "cpb"),
    ("discount", "dsc"),
    ("document", "doc"),
    ("errand", "erd"),
    ("import", "imp"),
    ("instance", "ins"),
    ("job", "job"),
    ("measure", "mea"),
    ("measure_proposal", "mpr"),
    ("message", "msg"),
    ("order", "ord"),
    ("private_offer", "pof"),
    ("product", "prd"),
    ("production_address", "pra"),
    ("production_call", "pcl"),
    ("production_case", "pcs"),
    ("quote", "quo"),
    ("refund", "rfd"),
    ("removal", "rmv"),
    ("resale", "rsl"),
    ("review", "rvw"),
    ("review_case", "rvc"),
    ("revision", "rev"),
    ("sandbox", "sbx"),
    ("session", "ses"),
    ("token", "tok"),
    ("top_up", "top"),
    ("topic", "topic"),
    ("usage_charge", "uch"),
    ("usage_correction", "ucr"),
    ("usage_refusal", "urf"),
    ("user", "usr"),
    ("verification", "ver"),
];

/// Fields of bodies and headers that take known values too.
const OTHERS: &[(&str, &str)] = &[
    ("body.agreement", "doc"),
    ("body.business_licence", "doc"),
    ("body.quote", "quo"),
    ("body.sku", "sku"),
    ("header.if-match", "version"),
];

/// More of a kind would only be asked less often each.
const OF_A_KIND_MAX: usize = 8;

#[derive(Default)]
pub(crate) struct Known {
    ids: BTreeMap<String, BTreeSet<String>>,
}

impl Known {
    /// Asks every list, then every page about one thing.
    pub(crate) async fn gather(stage: &Stage, token: &str) -> anyhow::Result<Self> {
        let mut known = Self::default();
        let topics = ["order", "wallet", "security"].map(str::to_owned);
        known.ids.insert("topic".to_owned(), topics.into());
        known.ids.insert("version".to_owned(), (0..5).map(|version| format!("\\\"{version}\\\"")).collect());
        let paths: Vec<&str> =
            described(&stage.kontor).filter(|(method, _)| *method == "GET").map(|(_, path)| path).collect();
        for path in paths.iter().filter(|path| !path.contains('{')) {
            known.ask(stage, token, path).await?;
        }
        for path in paths.iter().filter(|path| path.contains('{')) {
            let parameter = path.split(['{', '}']).nth(1).unwrap_or_default();
            let prefix = PARAMETERS.iter().find(|(name, _)| *name == parameter).map(|(_, prefix)| *prefix);
            let prefix =
                prefix.with_context(|| format!("add {{{parameter}}} of {path} to PARAMETERS in {}", file!()))?;
            if let Some(id) = known.ids.get(prefix).and_then(BTreeSet::first) {
                let path = path.replace(&format!("{{{parameter}}}"), id);
                known.ask(stage, token, &path).await?;
            }
        }
        Ok(known)
    }

    async fn ask(&mut self, stage: &Stage, token: &str, path: &str) -> anyhow::Result<()> {
        let sent = Sent { token: Some(token), ..Sent::default() };
        let reply = stage.people.client.call("GET", path, sent).await?;
        ensure!(reply.status < 500, "{path}: {reply:?}");
        self.add(&reply.body);
        Ok(())
    }

    /// Keeps every id in an answer.
    pub(crate) fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                if let Some((prefix, rest)) = text.split_once('_')
                    && (prefix.len(), rest.len()) == (3, 26)
                {
                    self.ids.entry(prefix.to_owned()).or_default().insert(text.clone());
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.add(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Writes them as settings of schemathesis: most of the time a known id, sometimes anything.
    pub(crate) fn write(&self, file: &Path) -> anyhow::Result<PathBuf> {
        let mut text = String::new();
        for (kind, ids) in &self.ids {
            // The latest: what came first may have been used up.
            let values: Vec<String> = ids.iter().rev().take(OF_A_KIND_MAX).map(|id| format!("\"{id}\"")).collect();
            writeln!(text, "[dictionaries.{kind}]\nvalues = [{}]", values.join(", "))?;
        }
        writeln!(text, "[parameters]")?;
        let paths = PARAMETERS.iter().map(|(name, kind)| (format!("path.{name}"), kind));
        let others = OTHERS.iter().map(|(name, kind)| ((*name).to_owned(), kind));
        for (name, kind) in paths.chain(others).filter(|(_, kind)| self.ids.contains_key(**kind)) {
            writeln!(text, "\"{name}\" = {{ dictionary = \"{kind}\", probability = 0.7 }}")?;
        }
        std::fs::write(file, text)?;
        Ok(file.to_owned())
    }
}

fn described(kontor: &Kontor) -> impl Iterator<Item = (&'static str, &'static str)> {
    kontor.routes().described().iter().map(|route| (route.method, route.path)).collect::<Vec<_>>().into_iter()
}

/// How many of all operations have given an answer that the metrics count as a success.
pub(crate) fn succeeded(kontor: &Kontor, metrics: &str) -> (usize, usize) {
    let good: Vec<&str> = metrics
        .lines()
        .filter(|line| line.starts_with("kontor_http_requests_total") && line.contains("status=\"2"))
        .collect();
    let of = |method: &str, path: &str| {
        let (method, path) = (format!("method=\"{method}\""), format!("route=\"{path}\""));
        good.iter().any(|line| line.contains(&method) && line.contains(&path))
    };
    let (succeeded, failed): (Vec<_>, Vec<_>) = described(kontor).partition(|(method, path)| of(method, path));
    for (method, path) in &failed {
        println!("never succeeded: {method} {path}");
    }
    (succeeded.len(), succeeded.len() + failed.len())
}
