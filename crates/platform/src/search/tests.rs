use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn doc(key: &str, name: &str, summary: &str, labels: &[(&'static str, &str)], rank: u64) -> Doc {
    Doc {
        key: key.to_owned(),
        texts: [name.to_owned(), String::new(), summary.to_owned(), String::new()],
        labels: labels.iter().map(|(kind, value)| (*kind, (*value).to_owned())).collect(),
        numbers: [rank, 0, 0, 0, 0, 0],
        payload: name.as_bytes().to_vec(),
    }
}

fn put(doc: Doc) -> Change {
    Change::Put(Box::new(doc))
}

fn samples() -> Vec<Change> {
    vec![
        put(doc(
            "a",
            "Log Lens 日志透镜",
            "Finds the line that matters. 找到关键的那一行",
            &[("category", "tools"), ("mode", "once")],
            1,
        )),
        put(doc(
            "b",
            "Backup Vault 备份保险库",
            "Keeps copies of servers. 保存服务器副本",
            &[("category", "storage"), ("mode", "period")],
            2,
        )),
        put(doc(
            "c",
            "Object Gateway 对象存储网关",
            "Stores logs and pictures",
            &[("category", "storage"), ("mode", "once")],
            3,
        )),
        put(doc(
            "d",
            "Bank Ledger 银行账本",
            "Payments in the books",
            &[("category", "finance"), ("mode", "period")],
            4,
        )),
    ]
}

async fn filled(folder: &std::path::Path) -> Search {
    let search = Search::at(folder.to_owned(), 1);
    assert_eq!(search.write(samples(), "4".to_owned()).await.unwrap(), Written::Done);
    search
}

fn needs(text: &str) -> Vec<Need> {
    let need = |piece: &Piece| Need { any: vec![Phrase { text: piece.text().to_owned(), percent: 100 }] };
    pieces(text).iter().map(need).collect()
}

fn ask(search: &Search, text: &str, chosen: &[(&'static str, &str)]) -> Hits {
    let mut by_kind: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for (kind, value) in chosen {
        by_kind.entry(*kind).or_default().insert((*value).to_owned());
    }
    let order = |fitness: u64, numbers: &Numbers| fitness * 10 + numbers[0];
    let ask = Ask {
        needs: &needs(text),
        boosts: &[500, 300, 200, 100],
        chosen: &by_kind,
        order: &order,
        reach: None,
        skip: 0,
        take: 10,
    };
    search.shelf().unwrap().search(&ask).unwrap()
}

fn keys(search: &Search, text: &str) -> String {
    ask(search, text, &[]).items.iter().map(|hit| hit.key.as_str()).collect()
}

#[tokio::test]
async fn words_are_found_in_every_way_they_are_typed() {
    let folder = tempfile::tempdir().unwrap();
    let search = filled(folder.path()).await;
    for (typed, found) in [
        ("lens", "a"),
        ("LENSES", "a"),
        ("log", "ac"),
        ("server", "b"),
        ("日志", "a"),
        ("存储", "c"),
        ("志透", "a"),
        ("银行", "d"),
        ("backup 备份", "b"),
        ("备份 vault", "b"),
        ("vau", "b"),
        ("日志透", "a"),
        ("rizhi", "a"),
        ("rztj", "a"),
        ("duixiangcunchu", "c"),
        ("yinhang", "d"),
        ("backpu", "b"),
        ("gatewya", "c"),
        ("日至", "a"),
        ("rizih", "a"),
        ("zzzzzz", ""),
    ] {
        assert_eq!(keys(&search, typed), found, "{typed}");
    }
    let hits = ask(&search, "backpu", &[]);
    assert_eq!(hits.corrected, [Corrected { typed: "backpu".to_owned(), meant: "backup".to_owned() }]);
    let hits = ask(&search, "lens ledger", &[]);
    assert!(hits.relaxed && hits.total == 2, "{hits:?}");
}

#[tokio::test]
async fn the_counts_of_a_kind_do_not_heed_what_was_chosen_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let search = filled(folder.path()).await;
    let counted = |hits: &Hits, kind: &str| -> Vec<(String, u64)> {
        hits.counts.get(kind).into_iter().flatten().map(|(value, count)| (value.clone(), *count)).collect()
    };
    let one = |value: &str, count: u64| (value.to_owned(), count);
    let hits = ask(&search, "", &[("category", "storage")]);
    assert_eq!(hits.total, 2);
    assert_eq!(hits.items.iter().map(|hit| hit.key.as_str()).collect::<String>(), "cb", "by their numbers");
    assert_eq!(counted(&hits, "category"), [one("finance", 1), one("storage", 2), one("tools", 1)]);
    assert_eq!(counted(&hits, "mode"), [one("once", 1), one("period", 1)]);
    let hits = ask(&search, "", &[("category", "storage"), ("mode", "once")]);
    assert_eq!((hits.total, counted(&hits, "category")), (1, vec![one("storage", 1), one("tools", 1)]));
    let hits = ask(&search, "", &[("category", "storage"), ("category", "tools")]);
    assert_eq!(hits.total, 3, "any value of a kind");
    let hits = ask(&search, "lens", &[("category", "storage")]);
    assert_eq!((hits.total, counted(&hits, "category")), (0, vec![one("tools", 1)]));
    assert_eq!(ask(&search, "", &[("edition", "x")]).total, 0, "a kind that nothing has");
}

#[tokio::test]
async fn what_was_taken_away_is_in_no_result_count_or_correction() {
    let folder = tempfile::tempdir().unwrap();
    let search = filled(folder.path()).await;
    search.write(vec![Change::Remove("b".to_owned())], "5".to_owned()).await.unwrap();
    assert_eq!(keys(&search, "vault"), "");
    assert_eq!(keys(&search, "vau"), "");
    let hits = ask(&search, "vualt", &[]);
    assert!(hits.items.is_empty() && hits.corrected.is_empty(), "{hits:?}");
    assert_eq!(ask(&search, "", &[]).counts["category"]["storage"], 1);
    search.write(vec![put(doc("b", "Night Watch", "", &[], 1))], "6".to_owned()).await.unwrap();
    assert_eq!((keys(&search, "watch"), search.mark().unwrap()), ("b".to_owned(), Some("6".to_owned())));
}

#[tokio::test]
async fn a_crash_leaves_the_last_commit_with_its_mark() {
    let folder = tempfile::tempdir().unwrap();
    let search = filled(folder.path()).await;
    let rebuild = search.rebuild().await.unwrap().unwrap();
    rebuild.add(&doc("e", "Unfinished", "", &[], 1)).unwrap();
    // The process ends here: what was added is dropped without a commit.
    drop((rebuild, search));
    let search = Search::at(folder.path().to_owned(), 1);
    assert_eq!((keys(&search, "log"), search.mark().unwrap().as_deref()), ("ac".to_owned(), Some("4")));
    assert_eq!(keys(&search, "unfinished"), "");
    search.write(vec![put(doc("e", "Caught Up", "", &[], 1))], "5".to_owned()).await.unwrap();
    assert_eq!(keys(&search, "caught"), "e");
    let generations = std::fs::read_dir(folder.path()).unwrap().flatten().filter(|entry| entry.path().is_dir()).count();
    assert_eq!(generations, 1, "what was not finished is cleared away");
}

#[tokio::test]
async fn an_index_is_made_anew_while_the_old_one_answers() {
    let folder = tempfile::tempdir().unwrap();
    let search = filled(folder.path()).await;
    let rebuild = search.rebuild().await.unwrap().unwrap();
    rebuild.add(&doc("n", "New Lens", "", &[], 1)).unwrap();
    assert_eq!(keys(&search, "lens"), "a");
    search.replace(rebuild, "9".to_owned()).await.unwrap();
    assert_eq!((keys(&search, "lens"), search.mark().unwrap().as_deref()), ("n".to_owned(), Some("9")));
    let other_form = Search::at(folder.path().to_owned(), 2);
    assert_eq!(other_form.mark().unwrap(), None, "documents of another form are written anew");
}

#[tokio::test]
async fn whoever_is_second_in_a_folder_reads_what_the_first_has_committed() {
    let folder = tempfile::tempdir().unwrap();
    let first = filled(folder.path()).await;
    let second = Search::at(folder.path().to_owned(), 1);
    assert_eq!(keys(&second, "lens"), "a");
    first.write(vec![Change::Remove("a".to_owned())], "5".to_owned()).await.unwrap();
    assert_eq!(second.write(Vec::new(), "6".to_owned()).await.unwrap(), Written::ByAnother);
    assert_eq!((keys(&second, "lens"), second.mark().unwrap().as_deref()), (String::new(), Some("5")));
    drop(first);
    assert_eq!(second.write(Vec::new(), "6".to_owned()).await.unwrap(), Written::Done);
}

#[tokio::test]
async fn every_point_of_a_hit_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let search = filled(folder.path()).await;
    let (needs, chosen) = (needs("log 日志"), BTreeMap::new());
    let order = |fitness: u64, _: &Numbers| fitness;
    let ask = Ask {
        needs: &needs,
        boosts: &[500, 300, 200, 100],
        chosen: &chosen,
        order: &order,
        reach: None,
        skip: 0,
        take: 10,
    };
    let shelf = search.shelf().unwrap();
    let mut hits = shelf.search(&ask).unwrap();
    shelf.explain(&ask, &mut hits).unwrap();
    let parts: u64 = hits.items[0].parts.iter().map(|(_, points)| points).sum();
    assert!(parts.abs_diff(hits.items[0].fitness) <= 5, "{hits:?}");
}
