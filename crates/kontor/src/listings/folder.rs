//! The folder of files: listings in TOML, and the documents that they name.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use platform::vault::sha256_hex;
use serde_json::{Value, json};

/// So much is sent at once.
const BATCH_FILES: usize = 100;
const BATCH_BYTES: usize = 8_000_000;

pub(super) struct Folder {
    root: PathBuf,
    /// Path and text of each listing.
    files: Vec<(String, String)>,
    /// Path and hash of each document that a listing names.
    pub(super) documents: BTreeMap<String, String>,
}

/// What became of a file that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    Written,
    Same,
    /// Another one is there.
    Differs,
}

impl Folder {
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut paths = Vec::new();
        gather(root, root, &mut paths)?;
        if paths.is_empty() {
            bail!("there is no .toml file in {}", root.display());
        }
        paths.sort();
        let mut files = Vec::with_capacity(paths.len());
        let mut documents = BTreeMap::new();
        for path in paths {
            let content = fs::read_to_string(root.join(&path)).with_context(|| format!("cannot read {path}"))?;
            for named in named_in(&content) {
                let Some(at) = beside(&path, &named) else { continue };
                if !documents.contains_key(&at)
                    && let Ok(bytes) = fs::read(root.join(&at))
                {
                    documents.insert(at, sha256_hex(&bytes));
                }
            }
            files.push((path, content));
        }
        Ok(Self { root: root.to_owned(), files, documents })
    }

    /// The listings in pieces that one call takes.
    pub(super) fn batches(&self) -> Vec<Vec<Value>> {
        let mut batches: Vec<(usize, Vec<Value>)> = Vec::new();
        for (path, content) in &self.files {
            let file = json!({ "path": path, "content": content });
            match batches.last_mut() {
                Some((bytes, batch)) if batch.len() < BATCH_FILES && *bytes + content.len() <= BATCH_BYTES => {
                    *bytes += content.len();
                    batch.push(file);
                }
                Some(_) | None => batches.push((content.len(), vec![file])),
            }
        }
        batches.into_iter().map(|(_, batch)| batch).collect()
    }

    /// A document as it is handed in.
    pub(super) fn upload(&self, path: &str, purpose: &str) -> anyhow::Result<Value> {
        let bytes = fs::read(self.root.join(path)).with_context(|| format!("cannot read {path}"))?;
        let name = path.rsplit('/').next().unwrap_or(path);
        Ok(json!({
            "name": name, "purpose": purpose, "content_type": "application/octet-stream",
            "content": BASE64_STANDARD.encode(bytes),
        }))
    }
}

/// All listings below a folder; what begins with a dot is somebody else's.
fn gather(root: &Path, folder: &Path, found: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            gather(root, &path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            let inside = path.strip_prefix(root)?;
            found.push(inside.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

/// Every short text of a file: some of them name documents. What is no TOML is refused by the site, with its line.
fn named_in(content: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(table) = content.parse::<toml::Table>() {
        texts(&toml::Value::Table(table), &mut found);
    }
    found
}

fn texts(value: &toml::Value, found: &mut Vec<String>) {
    match value {
        toml::Value::String(text) if text.len() <= 300 && text.contains('.') => found.push(text.clone()),
        toml::Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        toml::Value::Table(fields) => fields.values().for_each(|field| texts(field, found)),
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => {}
    }
}

/// A path as it is seen from the folder; `None`: it leads out of it.
fn beside(file: &str, named: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Where a file of the site is written: never outside of the folder.
fn inside(folder: &Path, path: &str) -> anyhow::Result<PathBuf> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || !plain {
        bail!("the site named the file {path:?}, which would lie outside of the folder");
    }
    Ok(folder.join(path))
}

pub(super) fn has(folder: &Path, path: &str, sha256: &str) -> anyhow::Result<bool> {
    let at = inside(folder, path)?;
    Ok(fs::read(at).is_ok_and(|bytes| sha256_hex(&bytes) == sha256))
}

pub(super) fn save(folder: &Path, path: &str, content: &[u8], overwrite: bool) -> anyhow::Result<Saved> {
    let at = inside(folder, path)?;
    match fs::read(&at) {
        Ok(present) if present == content => return Ok(Saved::Same),
        Ok(_) if !overwrite => return Ok(Saved::Differs),
        Ok(_) | Err(_) => {}
    }
    if let Some(parent) = at.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    fs::write(&at, content).with_context(|| format!("cannot write {}", at.display()))?;
    Ok(Saved::Written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_beside_the_files_that_name_them() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("shop/files")).unwrap();
        fs::create_dir_all(root.path().join(".git")).unwrap();
        fs::write(root.path().join("shop/files/a.pdf"), b"%PDF-").unwrap();
        fs::write(
            root.path().join("shop/lens.toml"),
            "key = \"lens\"\nagreement = \"files/a.pdf\"\nversion = \"V1.0\"\n",
        )
        .unwrap();
        fs::write(root.path().join(".git/x.toml"), "").unwrap();
        let folder = Folder::read(root.path()).unwrap();
        assert_eq!(folder.files.len(), 1);
        assert_eq!(folder.documents.keys().collect::<Vec<_>>(), ["shop/files/a.pdf"]);
        assert_eq!(folder.batches().len(), 1);
    }

    #[test]
    fn nothing_is_written_outside_of_the_folder_or_over_other_work() {
        let root = tempfile::tempdir().unwrap();
        for bad in ["../a", "/etc/passwd", "", "a/../../b"] {
            assert!(save(root.path(), bad, b"x", true).is_err(), "{bad}");
        }
        assert_eq!(save(root.path(), "files/a", b"x", false).unwrap(), Saved::Written);
        assert_eq!(save(root.path(), "files/a", b"x", false).unwrap(), Saved::Same);
        assert_eq!(save(root.path(), "files/a", b"y", false).unwrap(), Saved::Differs);
    }
}
