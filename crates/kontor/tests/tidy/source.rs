//! The tree as text: Rust files with their comments and strings told apart, migrations, the map of the crates.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/kontor lies two below the root").to_owned()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files below a folder whose names end so, as paths from the root, in order.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(path) =
                path.strip_prefix(root()).ok().and_then(Path::to_str).filter(|path| path.ends_with(ending))
            {
                found.push(path.to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Our crates in the order of the map, as the root Cargo.toml lists them; `kontor` puts them together and comes last.
pub(crate) fn map() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let ours = manifest
        .lines()
        .filter(|line| line.contains("path = \"crates/"))
        .filter_map(|line| line.split_whitespace().next());
    ours.chain(["kontor"]).map(str::to_owned).collect()
}

/// The crate that owns a file: `crates/<name>/…`.
pub(crate) fn crate_of(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

/// A Rust file without its tests.
pub(crate) struct Source {
    pub(crate) path: String,
    /// The text with comments, strings and characters blanked, line for line.
    pub(crate) code: String,
    /// What stands in quotes, with the line where it begins; continued lines are joined.
    pub(crate) strings: Vec<(usize, String)>,
    /// Lines before the tests.
    pub(crate) lines: usize,
}

impl Source {
    pub(crate) fn read(path: &str) -> Self {
        Self::of(path, &read(path))
    }

    pub(crate) fn of(path: &str, text: &str) -> Self {
        let text = without_tests(text);
        let (code, strings) = split(text);
        Self { path: path.to_owned(), code, strings, lines: text.lines().count() }
    }

    pub(crate) fn owner(&self) -> &str {
        crate_of(&self.path)
    }

    /// `rules` for rules.rs, rules/mod.rs and rules/anything.rs; `store` for a store.rs in a folder, too.
    pub(crate) fn kind(&self) -> &str {
        let inside = self.path.split("/src/").nth(1).unwrap_or_default();
        if inside.ends_with("/store.rs") {
            return "store";
        }
        inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Lines of code that hold a word or a path, whole.
    pub(crate) fn lines_with(&self, wanted: &str) -> Vec<usize> {
        let holds = |line: &str| {
            line.match_indices(wanted).any(|(at, _)| {
                let end = at + wanted.len();
                let joined = |here: bool, other: Option<char>| here && other.is_some_and(is_word);
                !joined(wanted.starts_with(is_word), line[..at].chars().next_back())
                    && !joined(wanted.ends_with(is_word), line[end..].chars().next())
            })
        };
        self.code.lines().enumerate().filter(|(_, line)| holds(line)).map(|(index, _)| index + 1).collect()
    }

    /// The statements of the file: strings that begin as SQL does.
    pub(crate) fn statements(&self) -> impl Iterator<Item = (usize, &str)> {
        self.strings.iter().filter(|(_, text)| is_sql(text)).map(|(line, text)| (*line, text.as_str()))
    }
}

/// All Rust files of the crates, without their tests.
pub(crate) fn sources() -> Vec<Source> {
    let paths =
        files("crates", ".rs").into_iter().filter(|path| path.contains("/src/") && !path.ends_with("/tests.rs"));
    paths.map(|path| Source::read(&path)).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// By our habit, tests stand last.
fn without_tests(text: &str) -> &str {
    let opens = |at: &usize| {
        text[*at..].lines().find(|line| !line.starts_with("#[")).is_some_and(|line| line.starts_with("mod "))
    };
    let starts = text.match_indices("#[cfg(test)]\n").map(|(at, _)| at);
    starts.filter(opens).min().map_or(text, |at| &text[..at])
}

fn split(text: &str) -> (String, Vec<(usize, String)>) {
    let (mut code, mut strings, mut rest) = (String::new(), Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let in_word = code.ends_with(is_word);
        let (length, inner) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |end| end + 2), None)
        } else if let Some((open, hashes)) = raw_start(rest).filter(|_| !in_word) {
            let close = format!("\"{}", "#".repeat(hashes));
            let end = rest[open..].find(&close).map_or(rest.len(), |end| open + end);
            ((end + close.len()).min(rest.len()), Some(rest[open..end].to_owned()))
        } else if first == '"' {
            let end = quoted_end(rest);
            (end, Some(joined(&rest[1..end - 1])))
        } else if let Some(end) = char_end(rest) {
            (end, None)
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        if let Some(inner) = inner {
            strings.push((code.matches('\n').count() + 1, inner));
        }
        code.extend(rest[..length].chars().map(|c| if c == '\n' { c } else { ' ' }));
        rest = &rest[length..];
    }
    (code, strings)
}

/// `r#"` and its like: where the content begins, and how many hashes close it.
fn raw_start(rest: &str) -> Option<(usize, usize)> {
    let after = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let quoted = after[hashes..].starts_with('"');
    quoted.then_some((rest.len() - after.len() + hashes + 1, hashes))
}

fn quoted_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// The end of `'x'` or `'\n'`; None for a lifetime.
fn char_end(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    if !rest.starts_with('\'') {
        return None;
    }
    let (at, c) = chars.next()?;
    if c == '\\' {
        return rest[at + 2..].find('\'').map(|end| at + 2 + end + 1);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

/// A backslash at the end of a line swallows the indentation of the next.
fn joined(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| whole + part.trim_start())
}

fn words(sql: &str) -> Vec<&str> {
    sql.split(|c: char| !is_word(c) && c != '.').filter(|word| !word.is_empty()).collect()
}

fn is_sql(text: &str) -> bool {
    match *words(text) {
        ["select", ref rest @ ..] => rest.is_empty() || rest.contains(&"from"),
        ["insert", "into", ..]
        | ["delete", "from", ..]
        | ["update", _, "set", ..]
        | ["update", _, _, "set", ..]
        | ["update", _, "as", _, "set", ..]
        | ["create" | "alter" | "drop" | "truncate", "table" | "index" | "unique" | "trigger", ..] => true,
        ["with", ref rest @ ..] => rest.contains(&"as") && text.contains('('),
        _ => false,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Reads,
    Writes,
}

/// The tables that a statement names, each with what it does to it.
pub(crate) fn tables(sql: &str) -> Vec<(Use, String)> {
    let words = words(sql);
    let mut found = Vec::new();
    for at in 0..words.len() {
        let table = match words[at..] {
            ["insert", "into", table, ..] | ["delete", "from", table, ..] => Some((Use::Writes, table)),
            ["update", table, "set", ..] | ["update", table, _, "set", ..] | ["update", table, "as", _, "set", ..] => {
                Some((Use::Writes, table))
            }
            ["from" | "join", table, ..] if words[..at].last() != Some(&"delete") => Some((Use::Reads, table)),
            _ => None,
        };
        found.extend(table.filter(|(_, table)| *table != "set").map(|(uses, table)| (uses, table.to_owned())));
    }
    found
}

/// Each table with the crate that owns it: `create table` in `migrations/NNNN_<crate>….sql`.
pub(crate) fn owners() -> BTreeMap<String, (String, String)> {
    let mut owners = BTreeMap::new();
    for path in files("migrations", ".sql") {
        let owner = path.split(['_', '.']).nth(1).unwrap_or_default().to_owned();
        let text = read(&path);
        let created = text.lines().filter_map(|line| line.trim().strip_prefix("create table "));
        for table in created.filter_map(|line| words(line).first().map(ToString::to_string)) {
            owners.insert(table, (owner.clone(), path.clone()));
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_strings_and_comments_are_told_apart() {
        let text = "let a: &'static str = \"se\\\"lect \\\n    x\"; // f64 \"no\"\nlet b = ('\"', '\\'', r#\"f32 \"quoted\"\"#); /* f64 */ f64\n";
        let source = Source::of("crates/x/src/store.rs", text);
        assert_eq!(source.strings, [(1, "se\\\"lect x".to_owned()), (3, "f32 \"quoted\"".to_owned())]);
        assert_eq!(source.lines_with("f64"), [3]);
        assert!(source.lines_with("f32").is_empty() && source.lines_with("le").is_empty());
    }

    #[test]
    fn tests_are_left_out() {
        let source =
            Source::of("crates/x/src/rules.rs", "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() -> f64 {}\n}\n");
        assert_eq!((source.lines, source.kind(), source.owner()), (2, "rules", "x"));
        assert!(source.lines_with("f64").is_empty());
    }

    #[test]
    fn statements_are_known_from_sentences() {
        for sql in [
            "select a from b",
            "insert into b (a) values",
            "update b set a = $1",
            "delete from b",
            "with c as (select 1) …",
        ] {
            assert!(is_sql(sql), "{sql}");
        }
        for text in ["select a currency", "update the order, then set it", "with a comma, as here", "from a to b", ""] {
            assert!(!is_sql(text), "{text}");
        }
    }

    #[test]
    fn statements_name_their_tables() {
        let check = |sql, reads: &[&str], writes: &[&str]| {
            let found = tables(sql);
            let of = |wanted| {
                found.iter().filter(|(uses, _)| *uses == wanted).map(|(_, table)| table.as_str()).collect::<Vec<_>>()
            };
            assert_eq!((of(Use::Reads), of(Use::Writes)), (reads.to_vec(), writes.to_vec()), "{sql}");
        };
        check("select a from b join c on b.x = c.x for update skip locked", &["b", "c"], &[]);
        check("insert into b (a) select a from c on conflict (a) do update set a = excluded.a", &["c"], &["b"]);
        check("update b as old set a = 1 where id in (select id from c)", &["c"], &["b"]);
        check(
            "with gone as (delete from b returning id) insert into c (id) select id from gone",
            &["gone"],
            &["b", "c"],
        );
    }
}
