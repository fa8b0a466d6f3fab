//! The logos and screenshots of the demo's products, drawn by `pictures/make.mjs`.

/// A file as it is handed in.
#[derive(Clone, Copy)]
pub(super) struct File<'f> {
    pub(super) name: &'f str,
    pub(super) purpose: &'f str,
    pub(super) kind: &'f str,
    pub(super) bytes: &'f [u8],
}

/// A product's logo and what it looks like in use.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    name: &'static str,
    pub(super) logo: File<'static>,
    pub(super) screenshot: File<'static>,
}

macro_rules! shown {
    ($($name:literal),+ $(,)?) => {
        &[$(Shown {
            name: $name,
            logo: File {
                name: concat!($name, ".png"),
                purpose: "product_logo",
                kind: "image/png",
                bytes: include_bytes!(concat!("pictures/logos/", $name, ".png")),
            },
            screenshot: File {
                name: concat!($name, ".jpg"),
                purpose: "product_screenshot",
                kind: "image/jpeg",
                bytes: include_bytes!(concat!("pictures/screens/", $name, ".jpg")),
            },
        }),+]
    };
}

const ALL: &[Shown] = shown![
    "beiyu-archive-shelf",
    "beiyu-backup-vault",
    "beiyu-block-replicator",
    "beiyu-object-gateway",
    "beiyu-storage-health",
    "beiyu-team-drive",
    "fengji-drawing-room",
    "fengji-edge-collector",
    "fengji-energy-meter",
    "fengji-line-monitor",
    "fengji-maintenance-book",
    "fengji-production-planner",
    "fengji-quality-records",
    "fjordlicht-building-pulse",
    "fjordlicht-clinic-calendar",
    "fjordlicht-drug-cabinet",
    "fjordlicht-image-archive",
    "fjordlicht-study-registry",
    "fjordlicht-ward-board",
    "hengmu-build-farm",
    "hengmu-interface-studio",
    "hengmu-issue-board",
    "hengmu-package-mirror",
    "hengmu-release-conductor",
    "hengmu-review-room",
    "hengmu-test-data-maker",
    "hexu-audit-trail",
    "hexu-cash-planner",
    "hexu-electronic-invoicing",
    "hexu-expense-desk",
    "hexu-group-consolidation",
    "hexu-payroll-desk",
    "hexu-shift-planner",
    "hexu-skills-map",
    "marrow-and-pine-classroom",
    "marrow-and-pine-exam-hall",
    "marrow-and-pine-library",
    "marrow-and-pine-onboarding",
    "marrow-and-pine-reading-lab",
    "mozhou-code-auditor",
    "mozhou-component-ledger",
    "mozhou-host-guard",
    "mozhou-mail-shield",
    "mozhou-policy-desk",
    "mozhou-secret-store",
    "mozhou-sign-in-gate",
    "mozhou-vulnerability-radar",
    "qingyan-approval-flow",
    "qingyan-contract-desk",
    "qingyan-handbook",
    "qingyan-meeting-room",
    "qingyan-visitor-desk",
    "yanshi-cost-lens",
    "yanshi-data-lineage",
    "yanshi-incident-room",
    "yanshi-log-search",
    "yanshi-metrics-board",
    "yanshi-query-desk",
    "yanshi-trace-explorer",
    "yanshi-uptime-watch",
    "yicheng-cold-chain",
    "yicheng-freight-audit",
    "yicheng-parcel-follow",
    "yicheng-route-planner",
    "yicheng-stock-balance",
    "yicheng-warehouse-manager",
    "yicheng-yard-desk",
    "zhanqiao-letter-press",
    "zhanqiao-quiet-analytics",
    "zhanqiao-quote-maker",
    "zhanqiao-sales-notebook",
    "zhanqiao-service-counter",
    "zhanqiao-site-builder",
    "zhanqiao-web-shield",
    "zhanqiao-web-shop",
    "zhiqu-call-notes",
    "zhiqu-document-reader",
    "zhiqu-forecast-studio",
    "zhiqu-knowledge-desk",
    "zhiqu-privacy-finder",
    "zhiqu-translation-memory",
    "zhiqu-visual-inspection",
];

/// The pictures of a product by its English name.
pub(super) fn of(name: &str) -> Option<&'static Shown> {
    let name = name.to_lowercase().replace(' ', "-");
    ALL.iter().find(|shown| shown.name == name)
}

macro_rules! more {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, [
            screen(concat!($name, "-2.jpg"), include_bytes!(concat!("pictures/screens/", $name, "-2.jpg"))),
            screen(concat!($name, "-3.jpg"), include_bytes!(concat!("pictures/screens/", $name, "-3.jpg"))),
        ])),+]
    };
}

const fn screen(name: &'static str, bytes: &'static [u8]) -> File<'static> {
    File { name, purpose: "product_screenshot", kind: "image/jpeg", bytes }
}

/// Those that show more of themselves.
const MORE: &[(&str, [File<'static>; 2])] = more![
    "beiyu-block-replicator",
    "fengji-drawing-room",
    "fengji-maintenance-book",
    "fjordlicht-drug-cabinet",
    "hengmu-package-mirror",
    "hengmu-release-conductor",
    "hexu-expense-desk",
    "hexu-payroll-desk",
    "marrow-and-pine-onboarding",
    "mozhou-code-auditor",
    "mozhou-secret-store",
    "qingyan-handbook",
    "yanshi-incident-room",
    "yanshi-log-search",
    "yanshi-query-desk",
    "yicheng-freight-audit",
    "yicheng-stock-balance",
    "zhanqiao-quiet-analytics",
    "zhanqiao-web-shop",
    "zhiqu-knowledge-desk",
    "zhiqu-translation-memory",
];

/// Further screenshots of a product by its English name.
pub(super) fn more_of(name: &str) -> &'static [File<'static>] {
    let name = name.to_lowercase().replace(' ', "-");
    MORE.iter().find(|(known, _)| *known == name).map_or(&[], |(_, files)| files)
}
