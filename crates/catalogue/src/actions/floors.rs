//! The first page: its floors, and arranging them as the operator.

use std::sync::Arc;

use accounts::{Operator, StaffPermission};
use kernel::{
    Error, Event, Localized, Result, Thing,
    id::{FloorId, ProductId},
    page::PageOf,
};
use platform::{Tx, http::IfMatch, jobs};
use serde_json::json;

use crate::{
    Catalogue,
    cache::FrontVersion,
    rules::{
        self, CatalogueRefused, Entry, FLOORS_MAX, Facets, Floor, FloorContent, FloorDraft, FloorTime, Sight, Tree,
        Wanted, Who, prices_stamp,
    },
    store,
};

/// How many products a floor shows.
const FLOOR_MAX: usize = 6;

/// With fewer, a floor looks forgotten.
const FLOOR_MIN: usize = 3;

/// A floor is chosen out of so many, since others may stand above.
const CANDIDATES: usize = 24;

/// What sold best may be off sale; so many are looked at to fill a floor.
const LOOKED_AT: usize = 60;

/// A floor with what stands on it.
pub(crate) struct Furnished {
    pub(crate) floor: Floor,
    pub(crate) entries: Vec<Arc<Entry>>,
}

/// What the first page shows.
pub(crate) struct Front {
    pub(crate) floors: Vec<Furnished>,
    pub(crate) facets: Facets,
    pub(crate) total: usize,
    /// Within which something bought can be returned without a reason.
    pub(crate) return_hours: u32,
}

impl Catalogue {
    /// What a new site begins with: the policy's categories, three floors, and the first round of recommendations.
    pub async fn prepare(&self) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        let now = self.app.clock.now();
        if store::window::plan_first(&mut tx, now).await? {
            self.take_over_categories(&mut tx).await?;
            for floor in first_floors() {
                let FloorDraft { title, content, position, shown_from, shown_until } = floor;
                let id = FloorId::new(now);
                let floor = Floor { id, title, content, position, shown_from, shown_until, version: 1 };
                store::window::insert_floor(&mut tx, &floor).await?;
            }
            jobs::schedule(&mut tx, now, now, &Event::RecommendationsDue { after: None }).await?;
        }
        tx.commit().await?;
        self.forget_tree();
        Ok(())
    }

    /// What the first page shows; kept until a part of it changes, where it is the same for everybody.
    pub(crate) async fn front(&self, tx: &mut Tx, who: &Who) -> Result<Arc<Front>> {
        self.catch_up_unless_followed().await?;
        let floors = self.floors_now(tx).await?;
        let policy = self.policies.current().await?;
        let version = FrontVersion {
            shelf: store::window::shelf_version(tx).await?,
            index: self.search.shelf()?.generation(),
            floors: floors.iter().map(|floor| (floor.id, floor.version)).collect(),
            tree: self.tree().await?.stamp(),
            prices: prices_stamp(&policy),
            return_hours: policy.refunds.no_reason_hours,
            day: self.app.clock.now().as_seconds() / 86_400,
        };
        let shared = who.sees_what_all_see();
        if let Some(front) = self.fronts.get(&version).filter(|_| shared) {
            return Ok(front);
        }
        let found = self.search(tx, who, &Wanted::default(), 1).await?;
        let front = Arc::new(Front {
            floors: self.furnish(tx, who, floors).await?,
            facets: found.facets,
            total: found.total,
            return_hours: version.return_hours,
        });
        if shared {
            self.fronts.keep(version, &front);
        }
        Ok(front)
    }

    async fn floors_now(&self, tx: &mut Tx) -> Result<Vec<Floor>> {
        let now = self.app.clock.now();
        let mut floors = store::window::floors(tx).await?;
        floors.retain(|floor| floor.time(now) == FloorTime::Now);
        Ok(floors)
    }

    /// The floors that are shown now and hold something.
    pub(crate) async fn furnished(&self, tx: &mut Tx, who: &Who) -> Result<Vec<Furnished>> {
        let floors = self.floors_now(tx).await?;
        self.furnish(tx, who, floors).await
    }

    async fn furnish(&self, tx: &mut Tx, who: &Who, floors: Vec<Floor>) -> Result<Vec<Furnished>> {
        let mut furnished: Vec<Furnished> = Vec::with_capacity(floors.len());
        for floor in floors {
            let found = self.on_floor(tx, who, &floor.content).await?;
            let stands = |entry: &Arc<Entry>| {
                furnished.iter().flat_map(|above| &above.entries).any(|known| known.product == entry.product)
            };
            let (known, mut entries): (Vec<_>, Vec<_>) = match &floor.content {
                // The operator's own choice stays as it is.
                FloorContent::Picked { .. } => (Vec::new(), found),
                FloorContent::Newest { .. }
                | FloorContent::BestSelling { .. }
                | FloorContent::Tagged { .. }
                | FloorContent::Varied {} => found.into_iter().partition(stands),
            };
            // What stands above is not shown again, unless that would leave next to nothing.
            if entries.len() < FLOOR_MIN {
                entries.extend(known);
            }
            entries.truncate(FLOOR_MAX);
            if !entries.is_empty() {
                furnished.push(Furnished { floor, entries });
            }
        }
        Ok(furnished)
    }

    async fn on_floor(&self, tx: &mut Tx, who: &Who, content: &FloorContent) -> Result<Vec<Arc<Entry>>> {
        let ids = match content {
            FloorContent::Varied {} => {
                let latest = self.newest(tx, who, None, LOOKED_AT).await?;
                return Ok(rules::featured(&latest, CANDIDATES));
            }
            FloorContent::Newest { category } => {
                return self.newest(tx, who, category.as_deref(), CANDIDATES).await;
            }
            FloorContent::Picked { products } => products.clone(),
            FloorContent::BestSelling { category } => {
                let below = match category {
                    Some(code) => self.tree().await?.below(code).into_iter().collect(),
                    None => Vec::new(),
                };
                store::window::best_selling(tx, &below, i64::try_from(LOOKED_AT).unwrap_or(0)).await?
            }
            FloorContent::Tagged { tag } => {
                store::tree::with_tag(tx, tag, i64::try_from(LOOKED_AT).unwrap_or(0)).await?
            }
        };
        self.among(tx, who, &ids, CANDIDATES).await
    }

    /// The latest of everything, or of a category and those below it.
    async fn newest(&self, tx: &mut Tx, who: &Who, category: Option<&str>, most: usize) -> Result<Vec<Arc<Entry>>> {
        let page = PageOf { before: None, limit: u32::try_from(most).unwrap_or(1) };
        let mut found = store::on_sale(tx, category, None, who.account(), page).await?.items;
        found.sort_by_key(|shown| (std::cmp::Reverse(shown.listed_at), shown.id));
        let mut entries = Vec::new();
        for shown in found.iter().take(most) {
            entries.push(self.entry(tx, shown).await?);
        }
        entries.retain(|entry| entry.sells());
        Ok(entries)
    }

    /// Some products in the given order, those only that stand in lists for who looks.
    pub(crate) async fn among(
        &self,
        tx: &mut Tx,
        who: &Who,
        ids: &[ProductId],
        most: usize,
    ) -> Result<Vec<Arc<Entry>>> {
        let mut shown = if ids.is_empty() { Vec::new() } else { store::window::among(tx, ids).await? };
        shown.retain(|shown| shown.sight(who) == Sight::Listed);
        let mut found = Vec::new();
        for shown in ids.iter().filter_map(|id| shown.iter().find(|shown| shown.id == *id)).take(most) {
            found.push(self.entry(tx, shown).await?);
        }
        found.retain(|entry| entry.sells());
        Ok(found)
    }

    pub(crate) async fn floors(&self, tx: &mut Tx, operator: &Operator) -> Result<Vec<Floor>> {
        operator.may_staff(StaffPermission::View)?;
        store::window::floors(tx).await
    }

    pub(crate) async fn add_floor(&self, tx: &mut Tx, operator: &Operator, draft: &FloorDraft) -> Result<Floor> {
        self.check_floor(tx, operator, draft).await?;
        if store::window::floors(tx).await?.len() >= FLOORS_MAX {
            return Err(CatalogueRefused::TooManyFloors(FLOORS_MAX).into());
        }
        let FloorDraft { title, content, position, shown_from, shown_until } = draft.clone();
        let id = FloorId::new(self.app.clock.now());
        let floor = Floor { id, title, content, position, shown_from, shown_until, version: 1 };
        store::window::insert_floor(tx, &floor).await?;
        self.note_floor(tx, operator, "floor.added", &floor).await?;
        Ok(floor)
    }

    pub(crate) async fn change_floor(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (id, version): (FloorId, i64),
        draft: &FloorDraft,
    ) -> Result<Floor> {
        self.check_floor(tx, operator, draft).await?;
        let known = store::window::floors(tx).await?.into_iter().find(|floor| floor.id == id);
        IfMatch(version).check(known.ok_or(Error::NotFound(Thing::Floor))?.version)?;
        let FloorDraft { title, content, position, shown_from, shown_until } = draft.clone();
        let floor = Floor { id, title, content, position, shown_from, shown_until, version };
        if !store::window::save_floor(tx, &floor).await? {
            return Err(Error::Busy);
        }
        self.note_floor(tx, operator, "floor.changed", &floor).await?;
        Ok(Floor { version: version + 1, ..floor })
    }

    pub(crate) async fn remove_floor(&self, tx: &mut Tx, operator: &Operator, id: FloorId) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        if !store::window::delete_floor(tx, id).await? {
            return Err(Error::NotFound(Thing::Floor));
        }
        self.accounts.audit(tx, operator, "floor.removed", &id.to_string(), &json!({})).await
    }

    async fn check_floor(&self, tx: &mut Tx, operator: &Operator, draft: &FloorDraft) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        let tree = Tree::of(store::tree::categories(tx).await?);
        Ok(draft.check(&tree, &store::tree::tags(tx).await?)?)
    }

    async fn note_floor(&self, tx: &mut Tx, operator: &Operator, action: &str, floor: &Floor) -> Result<()> {
        let detail = json!({ "title": floor.title, "content": floor.content });
        self.accounts.audit(tx, operator, action, &floor.id.to_string(), &detail).await
    }
}

fn first_floors() -> [FloorDraft; 3] {
    let floor = |position, title: (&str, &str), content| FloorDraft {
        title: Localized::from(title),
        content,
        position,
        shown_from: kernel::Timestamp::from_micros(0),
        shown_until: None,
    };
    [
        floor(10, ("What others buy", "大家都在买"), FloorContent::BestSelling { category: None }),
        floor(20, ("Worth a look", "编辑精选"), FloorContent::Varied {}),
        floor(30, ("New", "新上架"), FloorContent::Newest { category: None }),
    ]
}
