//! The category tree: what stands below what, what is shown, and where a merged category leads.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use kernel::{Invalid, Localized, Timestamp, choices};

choices! {
    /// Whether a category can be chosen and browsed.
    pub(crate) enum CategoryState {
        Shown = "shown",
        /// Products keep it; nobody is led there.
        Hidden = "hidden",
        /// Its products are in another one.
        Merged = "merged",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) code: String,
    pub(crate) parent: Option<String>,
    pub(crate) name: Localized,
    pub(crate) position: i64,
    pub(crate) state: CategoryState,
    pub(crate) merged_into: Option<String>,
    pub(crate) changed_at: Timestamp,
}

/// A category as an operator wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CategoryDraft {
    pub(crate) code: String,
    pub(crate) parent: Option<String>,
    pub(crate) name: Localized,
    pub(crate) position: i64,
    pub(crate) hidden: Hidden,
}

/// Whether a category is kept out of sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hidden {
    Yes,
    No,
}

/// So many categories stand below each other.
const DEPTH_MAX: usize = 3;

/// So many are more than anybody looks through.
const CATEGORIES_MAX: usize = 500;

/// All categories, brothers in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    categories: Vec<Category>,
    stamp: u64,
}

fn stamp(categories: &[Category]) -> u64 {
    let mut by_code: Vec<&Category> = categories.iter().collect();
    by_code.sort_by_key(|category| &category.code);
    let mut hasher = DefaultHasher::new();
    for Category { code, parent, name, position: _, state, merged_into, changed_at: _ } in by_code {
        (code, parent, &name.en, &name.zh, state, merged_into).hash(&mut hasher);
    }
    hasher.finish()
}

impl Tree {
    pub(crate) fn of(mut categories: Vec<Category>) -> Self {
        categories.sort_by(|one, other| (one.position, &one.code).cmp(&(other.position, &other.code)));
        Self { stamp: stamp(&categories), categories }
    }

    /// Another value when products stand in other categories, or are found by other names of them. Their order is read from
    /// the tree each time it is shown.
    pub(crate) fn stamp(&self) -> u64 {
        self.stamp
    }

    pub(crate) fn find(&self, code: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.code == code)
    }

    /// The category that a code stands for now: itself, or where it was merged into.
    pub(crate) fn resolve(&self, code: &str) -> Option<&Category> {
        let mut found = self.find(code)?;
        for _ in 0..self.categories.len() {
            match &found.merged_into {
                Some(into) => found = self.find(into)?,
                None => return Some(found),
            }
        }
        None
    }

    /// A category and those above it, from below; as many as there are at most, whatever the rows say.
    fn upwards(&self, code: &str) -> Vec<&Category> {
        let mut found = Vec::new();
        let mut at = self.find(code);
        while let Some(category) = at.filter(|_| found.len() <= DEPTH_MAX) {
            found.push(category);
            at = category.parent.as_deref().and_then(|parent| self.find(parent));
        }
        found
    }

    /// Whether people are led there: it and all above it are shown.
    pub(crate) fn is_shown(&self, code: &str) -> bool {
        let way = self.upwards(code);
        !way.is_empty() && way.iter().all(|category| category.state == CategoryState::Shown)
    }

    /// Those that are shown, each after its parent, with how far below the top it stands.
    pub(crate) fn shown(&self) -> Vec<(&Category, usize)> {
        self.walk(None, 0).into_iter().filter(|(category, _)| self.is_shown(&category.code)).collect()
    }

    /// All that stand for themselves, each after its parent.
    pub(crate) fn all(&self) -> Vec<(&Category, usize)> {
        let mut found = self.walk(None, 0);
        found.extend(
            self.categories.iter().filter(|category| category.state == CategoryState::Merged).map(|merged| (merged, 0)),
        );
        found
    }

    fn walk(&self, parent: Option<&str>, depth: usize) -> Vec<(&Category, usize)> {
        let mut found = Vec::new();
        if depth > DEPTH_MAX {
            return found;
        }
        let own =
            |category: &&Category| category.parent.as_deref() == parent && category.state != CategoryState::Merged;
        for category in self.categories.iter().filter(own) {
            found.push((category, depth));
            found.extend(self.walk(Some(&category.code), depth + 1));
        }
        found
    }

    /// Where a product with these categories is shown: each of them as it stands now, once, in the order of the listing.
    pub(crate) fn own<'t>(&'t self, codes: &[String]) -> Vec<&'t Category> {
        let mut found: Vec<&Category> = Vec::new();
        for category in codes.iter().filter_map(|code| self.resolve(code)) {
            if self.is_shown(&category.code) && !found.iter().any(|known| known.code == category.code) {
                found.push(category);
            }
        }
        found
    }

    /// The codes as they stand now, hidden ones too; of a site that has no categories of its own yet, as they are.
    pub(crate) fn standing(&self, codes: &[String]) -> Vec<String> {
        if self.categories.is_empty() {
            return codes.to_vec();
        }
        let mut found: Vec<String> = Vec::new();
        for category in codes.iter().filter_map(|code| self.resolve(code)) {
            if !found.contains(&category.code) {
                found.push(category.code.clone());
            }
        }
        found
    }

    /// The same with all that stand above: a product is found in the whole branch.
    pub(crate) fn branch(&self, codes: &[String]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for category in self.own(codes) {
            for above in self.upwards(&category.code) {
                if !found.contains(&above.code) {
                    found.push(above.code.clone());
                }
            }
        }
        found
    }

    /// A category and all below it.
    pub(crate) fn below(&self, code: &str) -> BTreeSet<String> {
        let under = self.walk(Some(code), 1).into_iter().map(|(category, _)| category.code.clone());
        under.chain(self.find(code).map(|own| own.code.clone())).collect()
    }

    pub(crate) fn children(&self, code: &str) -> usize {
        self.categories.iter().filter(|category| category.parent.as_deref() == Some(code)).count()
    }

    /// Whether a category may be as an operator wants it; one with that code may be there already.
    pub(crate) fn check(&self, wanted: &CategoryDraft) -> Result<(), Invalid> {
        let CategoryDraft { code, parent, name, position, hidden: _ } = wanted;
        let mut wrong = Invalid::default();
        check_code(code, "code", &mut wrong);
        wrong.length(&name.en, 1, 60, "name.en");
        wrong.length(&name.zh, 1, 60, "name.zh");
        let range = ("must be from 0 to 10000", "须在 0 到 10000 之间");
        wrong.check((0..=10_000).contains(position), "position", range);
        let known = self.find(code).is_some();
        let full = (
            format!("a site has at most {CATEGORIES_MAX} categories; merge or remove some"),
            format!("类目最多 {CATEGORIES_MAX} 个，可合并或删除不用的类目"),
        );
        wrong.check(known || self.categories.len() < CATEGORIES_MAX, "code", full);
        if let Some(parent) = parent {
            wrong.keep(self.may_stand_below(code, parent), "parent");
        }
        wrong.done()
    }

    fn may_stand_below(&self, code: &str, parent: &str) -> Result<(), (String, String)> {
        let said = |en: &str, zh: &str| Err((en.to_owned(), zh.to_owned()));
        let Some(above) = self.find(parent).filter(|above| above.state != CategoryState::Merged) else {
            return said("is not a category that others can stand below", "不是可用的上级类目");
        };
        if self.below(code).contains(&above.code) || code == parent {
            return said("cannot be the category itself or one below it", "不能是该类目本身或其下级类目");
        }
        let own = self.walk(Some(code), 1).iter().map(|(_, depth)| *depth).max().unwrap_or(0) + 1;
        if self.upwards(parent).len() + own > DEPTH_MAX {
            return Err((
                format!("would make more than {DEPTH_MAX} levels; choose one nearer to the top"),
                format!("类目最多 {DEPTH_MAX} 级，须选择更靠上的上级类目"),
            ));
        }
        Ok(())
    }

    /// Whether the products of a category may move into another one.
    pub(crate) fn check_merge(&self, code: &str, into: &str) -> Result<(), Invalid> {
        let fine = self.find(into).is_some_and(|into| into.state != CategoryState::Merged);
        let known = ("is not a category of this site", "不是本站的类目");
        let mut wrong = Invalid::default();
        wrong.check(fine, "into", known);
        let below = ("cannot be the category itself or one below it", "不能是该类目本身或其下级类目");
        wrong.check(!self.below(code).contains(into), "into", below);
        wrong.done()
    }
}

/// Codes stand in addresses for ever.
pub(crate) fn check_code(code: &str, field: &str, wrong: &mut Invalid) {
    let plain = code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let fine = plain && (2..=40).contains(&code.len()) && !code.starts_with('-') && !code.ends_with('-');
    let said = (
        "must have 2 to 40 small letters, digits and hyphens, such as log-analysis",
        "须为 2 到 40 个小写字母、数字或连字符，如 log-analysis",
    );
    wrong.check(fine, field, said);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn category(code: &str, parent: Option<&str>, state: CategoryState) -> Category {
        Category {
            code: code.to_owned(),
            parent: parent.map(str::to_owned),
            name: Localized::new(code, code),
            position: 0,
            state,
            merged_into: None,
            changed_at: Timestamp::from_micros(1),
        }
    }

    fn tree() -> Tree {
        let mut old = category("old-backup", None, CategoryState::Merged);
        old.merged_into = Some("backup".to_owned());
        Tree::of(vec![
            category("storage", None, CategoryState::Shown),
            category("backup", Some("storage"), CategoryState::Shown),
            category("tape", Some("backup"), CategoryState::Shown),
            category("secret", None, CategoryState::Hidden),
            category("below-secret", Some("secret"), CategoryState::Shown),
            old,
        ])
    }

    fn codes(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    }

    fn draft(code: &str, parent: &str) -> CategoryDraft {
        let name = Localized::new("Name", "名称");
        CategoryDraft { code: code.to_owned(), parent: Some(parent.to_owned()), name, position: 0, hidden: Hidden::No }
    }

    #[test]
    fn a_product_is_found_in_the_whole_branch_above_it() {
        let tree = tree();
        assert_eq!(tree.branch(&codes(&["tape"])), ["tape", "backup", "storage"]);
        assert_eq!(tree.branch(&codes(&["old-backup", "backup"])), ["backup", "storage"], "a merged one is its target");
        assert_eq!(tree.branch(&codes(&["gone"])), Vec::<String>::new());
    }

    #[test]
    fn saving_a_category_as_it_is_or_elsewhere_in_the_row_leaves_products_as_they_are_found() {
        let with = |change: fn(&mut Category)| {
            let mut rows = tree().categories;
            rows.iter_mut().filter(|row| row.code == "backup").for_each(change);
            Tree::of(rows).stamp()
        };
        let before = tree().stamp();
        assert_eq!(with(|row| row.changed_at = Timestamp::from_micros(2)), before);
        assert_eq!(with(|row| row.position = 90), before);
        assert_ne!(with(|row| row.name.en = "Backups".to_owned()), before);
        assert_ne!(with(|row| row.parent = None), before);
        assert_ne!(with(|row| row.state = CategoryState::Hidden), before);
    }

    #[test]
    fn what_is_hidden_hides_what_stands_below() {
        let tree = tree();
        let shown: Vec<(&str, usize)> =
            tree.shown().iter().map(|(known, depth)| (known.code.as_str(), *depth)).collect();
        assert_eq!(shown, [("storage", 0), ("backup", 1), ("tape", 2)]);
        assert!(tree.branch(&codes(&["below-secret"])).is_empty());
    }

    #[test]
    fn a_category_cannot_stand_below_itself_nor_too_deep() {
        let tree = tree();
        for (code, parent) in [("storage", "tape"), ("backup", "backup"), ("new", "tape"), ("new", "old-backup")] {
            let wrong = tree.check(&draft(code, parent)).unwrap_err();
            assert_eq!(wrong.0[0].field, "parent", "{code} below {parent}");
        }
        assert!(tree.check(&draft("new", "backup")).is_ok());
        assert!(tree.check(&draft("secret", "storage")).is_ok(), "with one below it, three levels in all");
        assert!(tree.check(&draft("secret", "backup")).is_err());
    }

    #[test]
    fn a_merge_leads_out_of_the_branch() {
        let tree = tree();
        assert!(tree.check_merge("tape", "storage").is_ok());
        assert!(tree.check_merge("backup", "tape").is_err());
        assert!(tree.check_merge("backup", "old-backup").is_err());
    }

    proptest! {
        #[test]
        fn any_rows_are_walked_to_an_end(links in prop::collection::vec((0_usize..12, 0_usize..12, prop::bool::ANY), 0..12)) {
            let name = |at: usize| format!("c{at}");
            let rows = links.iter().enumerate().map(|(at, (parent, into, merged))| {
                let mut row = category(&name(at), Some(&name(*parent)), CategoryState::Shown);
                if *merged { row.state = CategoryState::Merged; row.merged_into = Some(name(*into)); }
                row
            });
            let tree = Tree::of(rows.collect());
            let all: Vec<String> = (0..12).map(name).collect();
            let branch = tree.branch(&all);
            let distinct: BTreeSet<&String> = branch.iter().collect();
            prop_assert_eq!(distinct.len(), branch.len());
            prop_assert!(tree.all().len() <= 12 * 12 * 12 * 12);
        }
    }
}
