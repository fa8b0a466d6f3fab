//! Categories and tags: reading them as they stand, and arranging them as the operator.

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
};

use accounts::{Operator, StaffPermission};
use kernel::{Error, Invalid, Localized, Result, Thing, Timestamp, id::ProductId};
use platform::Tx;
use policy::Policy;
use serde_json::json;

use crate::{
    Catalogue,
    rules::{self, CatalogueRefused, Category, CategoryDraft, CategoryState, Hidden, Tag, Tree},
    store,
};

/// The tree as it was read last.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<RwLock<Option<Read>>>);

/// When it was read, and what.
type Read = (Timestamp, Arc<Tree>);

/// Another process may arrange; its changes are looked for this often.
const KEPT_SECONDS: i64 = 10;

/// A category as the operator sees it: how far down it stands, and how many products are shown in it.
pub(crate) struct Arranged {
    pub(crate) category: Category,
    pub(crate) depth: usize,
    pub(crate) products: i64,
}

impl Catalogue {
    /// All categories. Before a site has been prepared, those of its policy.
    pub(crate) async fn tree(&self) -> Result<Arc<Tree>> {
        let now = self.app.clock.now();
        let kept = self.kept.0.read().ok().and_then(|kept| kept.clone());
        if let Some((_, tree)) = kept.filter(|(at, _)| *at <= now && now < at.plus_seconds(KEPT_SECONDS)) {
            return Ok(tree);
        }
        let rows = store::tree::categories(&mut self.app.db.read()).await?;
        let rows = if rows.is_empty() { first_categories(&*self.policies.current().await?) } else { rows };
        let tree = Arc::new(Tree::of(rows));
        if let Ok(mut kept) = self.kept.0.write() {
            *kept = Some((now, tree.clone()));
        }
        Ok(tree)
    }

    /// Reads the tree anew; called after a change of it has been committed.
    pub(crate) fn forget_tree(&self) {
        if let Ok(mut kept) = self.kept.0.write() {
            *kept = None;
        }
    }

    /// The rules of the site with the categories as they stand now.
    pub(crate) async fn site(&self) -> Result<Arc<Policy>> {
        let mut policy = Policy::clone(&*self.policies.current().await?);
        policy.catalogue.categories = self.categories().await?;
        Ok(Arc::new(policy))
    }

    /// The categories that are shown, each after the one that it stands below.
    pub(crate) async fn categories(&self) -> Result<Vec<policy::Category>> {
        Ok(shown_categories(&*self.tree().await?))
    }

    /// The categories as they stay until this transaction has ended.
    async fn tree_to_arrange(&self, tx: &mut Tx) -> Result<Tree> {
        store::tree::lock(tx).await?;
        Ok(Tree::of(store::tree::categories(tx).await?))
    }

    /// The policy's categories become the site's own, once.
    pub(crate) async fn take_over_categories(&self, tx: &mut Tx) -> Result<()> {
        if store::tree::categories(tx).await?.is_empty() {
            for category in first_categories(&*self.policies.current().await?) {
                store::tree::insert_category(tx, &category).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn arranged(&self, tx: &mut Tx, operator: &Operator) -> Result<Vec<Arranged>> {
        operator.may_staff(StaffPermission::View)?;
        let counts: BTreeMap<String, i64> = store::tree::shown_in(tx).await?.into_iter().collect();
        let tree = Tree::of(store::tree::categories(tx).await?);
        let one = |(category, depth): (&Category, usize)| Arranged {
            products: counts.get(&category.code).copied().unwrap_or(0),
            category: category.clone(),
            depth,
        };
        Ok(tree.all().into_iter().map(one).collect())
    }

    /// How many products are shown in a category, without those below.
    pub(crate) async fn shown_in(&self, tx: &mut Tx, code: &str) -> Result<i64> {
        let counts = store::tree::shown_in(tx).await?;
        Ok(counts.into_iter().find(|(category, _)| category == code).map_or(0, |(_, count)| count))
    }

    pub(crate) async fn add_category(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        draft: &CategoryDraft,
    ) -> Result<Category> {
        operator.may_staff(StaffPermission::RunSite)?;
        self.tree_to_arrange(tx).await?.check(draft)?;
        let category = made(draft, self.app.clock.now());
        store::tree::insert_category(tx, &category).await?;
        self.note(tx, operator, "category.added", &category.code).await?;
        Ok(category)
    }

    /// Its code stays: it stands in addresses and listings.
    pub(crate) async fn change_category(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        draft: &CategoryDraft,
    ) -> Result<Category> {
        operator.may_staff(StaffPermission::RunSite)?;
        let tree = self.tree_to_arrange(tx).await?;
        living(&tree, &draft.code)?;
        tree.check(draft)?;
        let category = made(draft, self.app.clock.now());
        store::tree::save_category(tx, &category).await?;
        self.note(tx, operator, "category.changed", &category.code).await?;
        Ok(category)
    }

    /// Moves the products and children of a category into another one; the old code goes on leading there.
    pub(crate) async fn merge_category(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        code: &str,
        into: &str,
    ) -> Result<Category> {
        operator.may_staff(StaffPermission::RunSite)?;
        let tree = self.tree_to_arrange(tx).await?;
        let old = living(&tree, code)?;
        tree.check_merge(code, into)?;
        let merged = Category {
            state: CategoryState::Merged,
            merged_into: Some(into.to_owned()),
            parent: None,
            changed_at: self.app.clock.now(),
            ..old.clone()
        };
        store::tree::save_category(tx, &merged).await?;
        store::tree::move_products(tx, code, into).await?;
        self.accounts.audit(tx, operator, "category.merged", code, &json!({ "into": into })).await?;
        Ok(merged)
    }

    /// Only what nobody uses goes away.
    pub(crate) async fn remove_category(&self, tx: &mut Tx, operator: &Operator, code: &str) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        let tree = self.tree_to_arrange(tx).await?;
        living(&tree, code)?;
        let uses = store::tree::uses(tx, code).await?;
        let led_here = tree.all().iter().any(|(known, _)| known.merged_into.as_deref() == Some(code));
        if uses > 0 || tree.children(code) > 0 || led_here {
            return Err(CatalogueRefused::CategoryInUse(uses).into());
        }
        store::tree::delete_category(tx, code).await?;
        self.note(tx, operator, "category.removed", code).await
    }

    pub(crate) async fn tags(&self, tx: &mut Tx) -> Result<Vec<Tag>> {
        store::tree::tags(tx).await
    }

    pub(crate) async fn add_tag(&self, tx: &mut Tx, operator: &Operator, code: &str, name: &Localized) -> Result<Tag> {
        operator.may_staff(StaffPermission::RunSite)?;
        check_tag(code, name)?;
        store::tree::insert_tag(tx, code, name, self.app.clock.now()).await?;
        self.note(tx, operator, "tag.added", code).await?;
        Ok(Tag { code: code.to_owned(), name: name.clone(), products: 0 })
    }

    pub(crate) async fn rename_tag(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        code: &str,
        name: &Localized,
    ) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        check_tag(code, name)?;
        if !store::tree::save_tag(tx, code, name, self.app.clock.now()).await? {
            return Err(Error::NotFound(Thing::Tag));
        }
        self.note(tx, operator, "tag.changed", code).await
    }

    /// It is taken from all products that carry it.
    pub(crate) async fn remove_tag(&self, tx: &mut Tx, operator: &Operator, code: &str) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        let tagged = store::tree::all_with_tag(tx, code).await?;
        self.changed(tx, &tagged).await?;
        if !store::tree::delete_tag(tx, code).await? {
            return Err(Error::NotFound(Thing::Tag));
        }
        self.note(tx, operator, "tag.removed", code).await
    }

    pub(crate) async fn tags_of(&self, tx: &mut Tx, operator: &Operator, product: ProductId) -> Result<Vec<String>> {
        operator.may_staff(StaffPermission::View)?;
        store::find_product(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        store::tree::tags_of(tx, product).await
    }

    pub(crate) async fn set_tags(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        product: ProductId,
        tags: &[String],
    ) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        store::find_product(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        rules::check_tags(tags, &store::tree::tags(tx).await?)?;
        store::tree::set_tags(tx, product, tags).await?;
        self.tagged(tx, operator, product).await
    }

    /// Puts one tag on a product, whatever others are put on it at the same time.
    pub(crate) async fn put_tag(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (product, code): (ProductId, &str),
    ) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        store::find_product(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        let known = store::tree::tags(tx).await?;
        rules::check_tags(&[code.to_owned()], &known)?;
        if store::tree::put_tag(tx, product, code).await? {
            rules::check_tags(&store::tree::tags_of(tx, product).await?, &known)?;
            self.tagged(tx, operator, product).await?;
        }
        Ok(())
    }

    pub(crate) async fn take_tag(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (product, code): (ProductId, &str),
    ) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        store::find_product(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        if store::tree::take_tag(tx, product, code).await? {
            self.tagged(tx, operator, product).await?;
        }
        Ok(())
    }

    async fn tagged(&self, tx: &mut Tx, operator: &Operator, product: ProductId) -> Result<()> {
        self.changed(tx, &[product]).await?;
        let tags = store::tree::tags_of(tx, product).await?;
        self.accounts.audit(tx, operator, "product.tagged", &product.to_string(), &json!({ "tags": tags })).await
    }

    async fn note(&self, tx: &mut Tx, operator: &Operator, action: &str, target: &str) -> Result<()> {
        self.accounts.audit(tx, operator, action, target, &json!({})).await
    }
}

/// What people are led to in a tree, each after what it stands below.
pub(super) fn shown_categories(tree: &Tree) -> Vec<policy::Category> {
    let named =
        |(known, _): (&Category, usize)| policy::Category { code: known.code.clone(), name: known.name.clone() };
    tree.shown().into_iter().map(named).collect()
}

fn check_tag(code: &str, name: &Localized) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    rules::check_code(code, "code", &mut wrong);
    wrong.length(&name.en, 1, 40, "name.en");
    wrong.length(&name.zh, 1, 40, "name.zh");
    wrong.done()
}

fn living<'t>(tree: &'t Tree, code: &str) -> Result<&'t Category> {
    let found = tree.find(code).ok_or(Error::NotFound(Thing::Category))?;
    if found.state == CategoryState::Merged { Err(CatalogueRefused::CategoryMerged.into()) } else { Ok(found) }
}

fn made(draft: &CategoryDraft, now: Timestamp) -> Category {
    let state = match draft.hidden {
        Hidden::Yes => CategoryState::Hidden,
        Hidden::No => CategoryState::Shown,
    };
    Category {
        code: draft.code.clone(),
        parent: draft.parent.clone(),
        name: draft.name.clone(),
        position: draft.position,
        state,
        merged_into: None,
        changed_at: now,
    }
}

fn first_categories(policy: &Policy) -> Vec<Category> {
    let one = |(position, known): (i64, &policy::Category)| Category {
        code: known.code.clone(),
        parent: None,
        name: known.name.clone(),
        position,
        state: CategoryState::Shown,
        merged_into: None,
        changed_at: Timestamp::from_micros(0),
    };
    (0..).step_by(10).zip(&policy.catalogue.categories).map(one).collect()
}
