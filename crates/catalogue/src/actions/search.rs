//! Searching what is on sale, and the pictures of it.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Member, Operator, StaffPermission};
use documents::Document;
use kernel::{
    Currency, Error, Localized, Result, Thing,
    id::{AccountId, DocumentId, ProductId},
};
use platform::{
    Tx,
    search::{Ask, Corrected, Hits, Need, Numbers, Source, apart},
};
use policy::{AccessType, Category, Ranking};

use crate::{
    Catalogue,
    cache::Question,
    rules::{self, Entry, Facets, Merits, Parts, Points, Rated, Release, Sight, Sorting, Wanted, Who, prices_stamp},
    store::{self, ASKED_MAX, Shown},
};

/// How many products a page of results has.
const PAGE: usize = ASKED_MAX;

/// Nobody reads so far; whoever wants all of them has the list of products.
const PAGES_MAX: usize = 100;

/// One page of what was found.
pub(crate) struct Found {
    pub(crate) items: Vec<Arc<Entry>>,
    pub(crate) facets: Facets,
    /// What the sellers among the filters are called.
    pub(crate) sellers: BTreeMap<AccountId, String>,
    /// What the access types among them are called.
    pub(crate) types: BTreeMap<AccessType, Localized>,
    /// What the environments and the certifications among them are called.
    pub(crate) environments: BTreeMap<String, Localized>,
    pub(crate) certifications: BTreeMap<String, Localized>,
    pub(crate) total: usize,
    /// So much fits that the counts beside the filters are close, not exact.
    pub(crate) estimated: bool,
    /// From 1.
    pub(crate) page: usize,
    pub(crate) pages: usize,
    /// In which the bands of prices are told.
    pub(crate) currency: Currency,
    /// Words that nothing has, and what was looked for instead.
    pub(crate) corrected: Vec<Corrected>,
    /// Nothing has all the words; these have most of them.
    pub(crate) relaxed: bool,
}

/// A product that was found, and why it stands where it stands.
pub(crate) struct Explained {
    pub(crate) entry: Arc<Entry>,
    pub(crate) points: Points,
    pub(crate) parts: Vec<(Source, u64)>,
    pub(crate) merits: Merits,
}

/// A product beside others.
pub(crate) struct Side {
    pub(crate) id: ProductId,
    pub(crate) release: Arc<Release>,
    pub(crate) seller: String,
    pub(crate) rated: Rated,
}

/// Products side by side.
pub(crate) struct Beside {
    pub(crate) products: Vec<Side>,
    /// Of the same categories.
    pub(crate) others: Vec<Arc<Entry>>,
    pub(crate) categories: Vec<Category>,
    /// What they are made of, as far as who looks may see it.
    pub(crate) parts: Parts,
}

/// As many as can be read beside each other.
pub(crate) const BESIDE_MAX: usize = 4;

/// Of so many categories, the first page each: a longer list is no help in choosing.
const OTHERS_OF: usize = 4;

impl Catalogue {
    /// What is on sale and fits, a page of it.
    pub(crate) async fn search(&self, tx: &mut Tx, who: &Who, wanted: &Wanted, page: usize) -> Result<Found> {
        let page = page.clamp(1, PAGES_MAX);
        let mut hits = self.ask(wanted, (page - 1) * PAGE).await?;
        let mut total = usize::try_from(hits.total).unwrap_or(usize::MAX);
        let pages = total.div_ceil(PAGE).clamp(1, PAGES_MAX);
        let page = if page > pages {
            hits = self.ask(wanted, (pages - 1) * PAGE).await?;
            pages
        } else {
            page
        };
        let mut items = self.still_there(tx, who, &hits).await?;
        total = total.saturating_sub(hits.items.len() - items.len());
        let mut facets = Facets::of(&hits.counts);
        // The index holds what everybody may find; what is meant for named accounts alone is put before it for them.
        let own = self.named_for(tx, who, wanted).await?;
        for entry in &own {
            facets.count(entry);
        }
        total = total.saturating_add(own.len());
        if page == 1 {
            items.splice(0..0, own);
        }
        let mut sellers = BTreeMap::new();
        for account in largest(&facets.sellers).into_iter().chain(wanted.sellers.iter().copied()) {
            if facets.sellers.contains_key(&account) {
                sellers.insert(account, self.seller_name(tx, account).await?);
            }
        }
        let policy = self.policies.current().await?;
        let types = facets.types.keys().chain(&wanted.types).map(|one| (*one, policy.access_name(*one))).collect();
        let environments = facets.environments.keys().chain(&wanted.environments);
        let environments = environments.map(|code| (code.clone(), policy.environment_name(code))).collect();
        let certifications = facets.certifications.keys().chain(&wanted.certifications);
        let certifications = certifications.map(|code| (code.clone(), policy.certification_name(code))).collect();
        let currency = policy.site.compared_in();
        let (estimated, corrected, relaxed) = (hits.estimated, hits.corrected.clone(), hits.relaxed);
        Ok(Found {
            items,
            facets,
            sellers,
            types,
            environments,
            certifications,
            total,
            estimated,
            page,
            pages,
            currency,
            corrected,
            relaxed,
        })
    }

    /// Why products stand where they stand, for those who tune the order.
    pub(crate) async fn explain(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        wanted: &Wanted,
    ) -> Result<(Vec<Explained>, Found)> {
        operator.may_staff(StaffPermission::View)?;
        let found = self.search(tx, &Who::Nobody, wanted, 1).await?;
        let policy = self.policies.current().await?;
        let needs = rules::needs(&wanted.words, &policy.search.synonyms);
        let (seen, asked, ranking) = (self.search.shelf()?, wanted.clone(), policy.search.ranking.clone());
        let now = self.now_seconds();
        let hits = apart(move || {
            let mut hits = with_ask(&asked, (&needs, &ranking, now), (0, PAGE), |ask| seen.search(ask))?;
            with_ask(&asked, (&needs, &ranking, now), (0, PAGE), |ask| seen.explain(ask, &mut hits))?;
            Ok(hits)
        })
        .await?;
        let mut explained = Vec::with_capacity(hits.items.len());
        for hit in hits.items {
            let shown = found.items.iter().find(|entry| entry.product.to_string() == hit.key);
            let merits = Merits::of(&hit.numbers);
            let points = rules::points(&policy.search.ranking, now, hit.fitness, merits);
            explained.extend(shown.map(|entry| Explained { entry: entry.clone(), points, parts: hit.parts, merits }));
        }
        Ok((explained, found))
    }

    async fn ask(&self, wanted: &Wanted, skip: usize) -> Result<Arc<Hits>> {
        self.catch_up_unless_followed().await?;
        let (seen, policy, now) = (self.search.shelf()?, self.policies.current().await?, self.now_seconds());
        let question = Question {
            generation: seen.generation(),
            rules: policy.search.clone(),
            day: self.app.clock.now().as_seconds() / 86_400,
            wanted: wanted.clone(),
            skip,
        };
        if let Some(known) = self.answers.get(&question) {
            return Ok(known);
        }
        let needs = rules::needs(&wanted.words, &policy.search.synonyms);
        let (asked, ranking) = (wanted.clone(), policy.search.ranking.clone());
        let by = move || with_ask(&asked, (&needs, &ranking, now), (skip, PAGE), |ask| seen.search(ask));
        let hits = apart(by).await?;
        let hits = Arc::new(hits);
        self.answers.keep(question, &hits);
        Ok(hits)
    }

    /// What is meant for the account that looks and for no other that is not named, and fits; the latest first.
    async fn named_for(&self, tx: &mut Tx, who: &Who, wanted: &Wanted) -> Result<Vec<Arc<Entry>>> {
        let Who::Account { id, named } = who else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        if named.is_empty() {
            return Ok(found);
        }
        for shown in store::visibility::named_on_sale(tx, *id).await? {
            let entry = self.entry(tx, &shown).await?;
            if shown.sight(who) == Sight::Listed && entry.sells() && wanted.fits(&entry) {
                found.push(entry);
            }
        }
        Ok(found)
    }

    /// The products of some hits as they are on sale now. The index may be a moment behind: what is not on sale any more is
    /// left out, what was changed is shown as it is.
    async fn still_there(&self, tx: &mut Tx, who: &Who, hits: &Hits) -> Result<Vec<Arc<Entry>>> {
        let ids: Vec<ProductId> = hits.items.iter().filter_map(|hit| hit.key.parse().ok()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let shown: BTreeMap<ProductId, Shown> =
            store::still_on_sale(tx, &ids).await?.into_iter().map(|shown| (shown.id, shown)).collect();
        let mut items = Vec::with_capacity(hits.items.len());
        for hit in &hits.items {
            let shown = hit.key.parse().ok().and_then(|id: ProductId| shown.get(&id));
            let Some(shown) = shown.filter(|shown| shown.sight(who) == Sight::Listed) else { continue };
            let kept: Option<Entry> = serde_json::from_slice(&hit.payload).ok();
            items.push(match kept.filter(|entry| entry.revision == shown.revision_id && shown.shown_version == 0) {
                Some(entry) => Arc::new(Entry { rated: shown.rated(), ..entry }),
                None => self.entry(tx, shown).await?,
            });
        }
        Ok(items)
    }

    fn now_seconds(&self) -> u64 {
        u64::try_from(self.app.clock.now().as_seconds()).unwrap_or(0)
    }

    /// A revision never changes, and neither does the company that sells it: what was made once is kept, until the
    /// categories change that it is shown in.
    pub(crate) async fn entry(&self, tx: &mut Tx, shown: &Shown) -> Result<Arc<Entry>> {
        let tree = self.tree().await?;
        let policy = self.policies.current().await?;
        let version = (shown.revision_id, shown.shown_version, shown.rated(), tree.stamp(), prices_stamp(&policy));
        if let Some(entry) = self.entries.get(version) {
            return Ok(entry);
        }
        let release = self.face(tx, shown).await?;
        let seller = (shown.account_id, self.seller_name(tx, shown.account_id).await?);
        let beside = (shown.listed_at, shown.rated(), &*policy);
        let mut entry = Entry::of(&release, (shown.id, shown.revision_id), seller, beside);
        entry.categories = tree.branch(&entry.categories);
        let entry = Arc::new(entry);
        self.entries.keep(version, &entry);
        Ok(entry)
    }

    /// The first few of some products, and those that could stand beside them. What is not on sale, or not for who looks, is
    /// left out.
    pub(crate) async fn beside(&self, tx: &mut Tx, who: &Who, wanted: &[ProductId]) -> Result<Beside> {
        let (mut products, mut parts) = (Vec::new(), Parts::default());
        for id in wanted {
            if products.len() == BESIDE_MAX {
                break;
            }
            let (shown, release) = match self.seen(tx, who, *id, None).await {
                Ok(seen) => seen,
                Err(Error::NotFound(_)) => continue,
                Err(other) => return Err(other),
            };
            let seller = self.entry(tx, &shown).await?.seller_name.clone();
            parts.0.extend(self.parts_seen(tx, who, &release.listing).await?.0);
            products.push(Side { id: *id, release, seller, rated: shown.rated() });
        }
        let mut others: BTreeMap<ProductId, Arc<Entry>> = BTreeMap::new();
        let mut categories: Vec<Option<String>> =
            products.iter().flat_map(|side| side.release.listing.categories.iter().cloned().map(Some)).collect();
        if categories.is_empty() {
            categories.push(None);
        }
        categories.dedup();
        for category in categories.into_iter().take(OTHERS_OF) {
            let wanted = Wanted { category, ..Wanted::default() };
            let found = self.search(tx, who, &wanted, 1).await?.items;
            others.extend(found.into_iter().map(|entry| (entry.product, entry)));
        }
        others.retain(|id, _| products.iter().all(|side| side.id != *id));
        let others = others.into_values().collect();
        Ok(Beside { others, products, parts, categories: self.categories().await? })
    }

    /// A picture of a product on sale, for whoever may see that; or one that the viewer may see as a document.
    pub(crate) async fn picture(&self, viewer: Option<&Member>, id: DocumentId) -> Result<(Document, Vec<u8>)> {
        let tx = &mut self.app.db.read();
        let who = self.who(tx, viewer).await?;
        let shown = store::shows_picture(tx, id).await?;
        let owner = shown.iter().find(|shown| shown.sight(&who) > Sight::Unseen).map(|shown| shown.account_id);
        let document = match (owner, viewer) {
            (Some(owner), _) => self.documents.find_for(tx, owner, id).await?,
            (None, Some(member)) => self.documents.view(tx, member, id).await.map_err(|error| match error {
                Error::NotFound(_) | Error::Refused(_) => missing(),
                Error::Busy | Error::Fault(_) => error,
            })?,
            (None, None) => return Err(missing()),
        };
        if !document.purpose.is_picture() {
            return Err(missing());
        }
        let bytes = self.documents.content(&document).await?;
        Ok((document, bytes))
    }
}

/// As many sellers as stand among the filters.
const SELLERS_MAX: usize = 12;

/// The sellers with the most products that fit.
fn largest(counts: &BTreeMap<AccountId, usize>) -> Vec<AccountId> {
    let mut ordered: Vec<(&AccountId, &usize)> = counts.iter().collect();
    ordered.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    ordered.into_iter().take(SELLERS_MAX).map(|(account, _)| *account).collect()
}

/// Puts a question together: without words, what sells and is new stands first.
fn with_ask<T>(
    wanted: &Wanted,
    (needs, ranking, now): (&[Need], &Ranking, u64),
    (skip, take): (usize, usize),
    act: impl FnOnce(&Ask<'_>) -> Result<T>,
) -> Result<T> {
    let sorting = wanted.sorting.unwrap_or(Sorting::Fitting);
    let order = |fitness: u64, numbers: &Numbers| rules::place(sorting, ranking, now, fitness, numbers);
    let (boosts, chosen) = (rules::boosts(ranking), wanted.chosen());
    act(&Ask {
        needs,
        boosts: &boosts,
        chosen: &chosen,
        order: &order,
        reach: rules::reach(sorting, ranking),
        skip,
        take,
    })
}

/// Nobody learns what others have handed in and not put on sale.
fn missing() -> Error {
    Error::NotFound(Thing::Document)
}
