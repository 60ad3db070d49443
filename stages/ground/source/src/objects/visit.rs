//! Shows every object of one kind to a visitor once, on all threads of the current pool. Each pack is walked from whole
//! objects down to the deltas of deltas, so that every delta is applied once.

use std::ops::Range;
use std::sync::Arc;

use gix_pack::data::Entry;
use model::hex;
use rayon::Scope;
use rayon::prelude::*;

use super::delta::Delta;
use super::forest::{Forest, From};
use super::seen::{BINARY_PREFIX, widen};
use super::taken::{add_near, join, take};
use super::visited::Tally;
use super::{Objects, Pack, Seen, Visited, is_binary};
use crate::{Hit, Looked, Repository, SourceError};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

/// Objects are made whole up to this size, so that deltas of them can be; what is shown is bounded by the caller.
const WHOLE: u64 = 512 << 20;
/// A branch of a tree with this many objects is work for another thread, unless its base is so large that keeping it
/// until then costs too much memory.
const SPLIT: u32 = 256;
const SPLIT_SIZE: usize = 4 << 20;
/// First bytes of a blob that are read to see whether a NUL is among them.
const SIGNATURE: usize = 256;

/// Who hears of objects that hold something.
pub(crate) type Holder<'a> = dyn Fn(&[u8], &[u8], &[Hit]) + Sync + 'a;

/// What to visit, and how.
pub(crate) struct Visit<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) objects: &'a Objects,
    pub(crate) kind: Kind,
    /// Tells by its raw id whether an object is to be shown; a delta of one that is not is shown as a whole.
    pub(crate) wanted: &'a (dyn Fn(&[u8]) -> bool + Sync),
    /// Larger objects are not shown.
    pub(crate) bound: u64,
    /// Tells by its first bytes that a blob is passed over whatever follows: it then is shown without the rest.
    pub(crate) passed_over: &'a (dyn Fn(&[u8]) -> bool + Sync),
    /// Returns what it made of the changed ranges.
    pub(crate) visitor: &'a (dyn Fn(Seen<'_>) -> Looked + Sync),
    /// Hears of each object that holds something that was found, there or in its base: id, content, finds.
    pub(crate) holder: &'a Holder<'a>,
    pub(crate) cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// One pack of a visit.
struct Walk<'a> {
    visit: &'a Visit<'a>,
    pack: &'a Pack,
    /// Packs that were walked before: what they hold was shown, and is not shown again.
    before: &'a [Pack],
    forest: &'a Forest,
    tally: &'a Tally,
}

/// An object kept because others are deltas of it.
#[derive(Clone)]
struct Held {
    bytes: Arc<Vec<u8>>,
    /// Its number in the index, if scanners look at it here: if not, a delta of it has to be looked at as a whole.
    seen: Option<u32>,
    /// What was found in it, sorted, and what was left open.
    looked: Looked,
}

impl Held {
    /// Makes an object that no scanner looked at here.
    fn unseen(bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(bytes), seen: None, looked: Looked::default() }
    }
}

struct Frame {
    node: u32,
    held: Held,
    /// The child taken last.
    child: Option<u32>,
}

/// Memory that is used again from object to object.
#[derive(Default)]
struct Workspace {
    free: Vec<Vec<u8>>,
    delta: Vec<u8>,
    changed: Vec<Range<usize>>,
}

impl Workspace {
    fn recycle(&mut self, held: Held) {
        self.free.extend(Arc::try_unwrap(held.bytes));
    }
}

impl Visit<'_> {
    /// Visits packs, then loose objects. Stops early when told to.
    pub(crate) fn run(&self) -> Result<Visited, SourceError> {
        let tally = Tally::default();
        for (number, pack) in self.objects.packs.iter().enumerate() {
            if (self.cancelled)() {
                break;
            }
            let before = self.objects.packs.get(..number).unwrap_or_default();
            let walk = Walk { visit: self, pack, before, forest: pack.forest(), tally: &tally };
            tally.corrupt(walk.forest.unreachable(), || pack.name().to_owned());
            rayon::scope(|scope| {
                walk.forest.roots().par_iter().for_each(|root| walk.root(scope, root.node, &root.from))
            });
        }
        let loose = self.objects.loose()?;
        loose.par_iter().filter(|id| (self.wanted)(id)).for_each(|id| {
            if !(self.cancelled)() && !self.objects.is_packed(id) && self.loose(id, &tally).is_none() {
                tally.corrupt(1, || hex::encode(id));
            }
        });
        Ok(tally.finish())
    }

    /// Shows a loose object. `None` when it cannot be read.
    fn loose(&self, id: &[u8], tally: &Tally) -> Option<()> {
        let oid = git2::Oid::from_bytes(id).ok()?;
        let shown = self.repository.with(|handle| {
            let read = || -> Result<(), git2::Error> {
                let objects = handle.odb()?;
                let (size, kind) = objects.read_header(oid)?;
                if self.kind.of_library() != kind {
                    return Ok(());
                }
                if size as u64 > self.bound {
                    if !loose_binary(&objects, oid) {
                        tally.too_large(id, size as u64);
                    }
                    return Ok(());
                }
                let object = objects.read(oid)?;
                self.show(id, object.data(), tally);
                Ok(())
            };
            Ok(read().is_ok())
        });
        matches!(shown, Ok(true)).then_some(())
    }

    /// Shows an object as a whole. Returns what was found.
    fn show(&self, id: &[u8], bytes: &[u8], tally: &Tally) -> Looked {
        tally.shown(bytes.len(), bytes.len());
        self.look(id, bytes)
    }

    fn look(&self, id: &[u8], bytes: &[u8]) -> Looked {
        let whole = 0..bytes.len();
        let looked = (self.visitor)(Seen { id, bytes, changed: std::slice::from_ref(&whole), base: None });
        // A scanner says things in any order.
        self.hear(id, bytes, join(Looked::default(), looked, &[]))
    }

    /// Passes on what an object holds.
    fn hear(&self, id: &[u8], bytes: &[u8], mut looked: Looked) -> Looked {
        if !looked.hits.is_empty() {
            looked.hits.sort();
            looked.hits.dedup();
            (self.holder)(id, bytes, &looked.hits);
        }
        looked
    }
}

impl<'a> Walk<'a> {
    /// Walks one tree of the forest, if it is of the kind wanted.
    fn root<'s>(&'s self, scope: &Scope<'s>, node: u32, from: &From)
    where
        'a: 's,
    {
        match from {
            _ if (self.visit.cancelled)() => {}
            From::Whole(kind) if *kind == self.visit.kind => self.tree(scope, node, None),
            From::Whole(_) => {}
            From::Elsewhere(id) => match self.elsewhere(id) {
                Some(Some(held)) => self.tree(scope, node, Some(held)),
                Some(None) => {}
                None => self.tally.corrupt(u64::from(self.forest.weight(node)), || hex::encode(id)),
            },
        }
    }

    /// Reads the base of a delta that this pack does not hold; `Some(None)` when it is of another kind.
    #[expect(
        clippy::option_option,
        reason = "missing and of another kind are two things, and this is private"
    )]
    fn elsewhere(&self, id: &[u8]) -> Option<Option<Held>> {
        let oid = git2::Oid::from_bytes(id).ok()?;
        let read = self.visit.repository.with(|handle| {
            Ok(handle.odb().and_then(|objects| {
                let object = objects.read(oid)?;
                let bytes = (object.kind() == self.visit.kind.of_library()).then(|| object.data().to_vec());
                Ok(bytes)
            }))
        });
        let bytes = read.ok()?.ok()?;
        // What was found in it is not known here, so the delta is looked at as a whole.
        Some(bytes.map(Held::unseen))
    }

    fn tree<'s>(&'s self, scope: &Scope<'s>, node: u32, base: Option<Held>)
    where
        'a: 's,
    {
        let mut work = Workspace::default();
        let mut stack = Vec::new();
        match self.make(node, base.as_ref(), &mut work) {
            Some(held) => stack.push(Frame { node, held, child: None }),
            None => self.unreadable(node),
        }
        drop(base);
        while let Some(frame) = stack.last_mut() {
            if (self.visit.cancelled)() {
                return;
            }
            let Some(child) = self.forest.child_after(frame.node, frame.child) else {
                stack.pop().into_iter().for_each(|frame| work.recycle(frame.held));
                continue;
            };
            frame.child = Some(child);
            let last = self.forest.is_last(frame.node, child);
            if !last && self.forest.weight(child) >= SPLIT && frame.held.bytes.len() <= SPLIT_SIZE {
                let base = frame.held.clone();
                scope.spawn(move |scope| self.tree(scope, child, Some(base)));
                continue;
            }
            let made = self.make(child, Some(&frame.held), &mut work);
            if last {
                stack.pop().into_iter().for_each(|frame| work.recycle(frame.held));
            }
            match made {
                Some(held) if self.forest.has_children(child) => {
                    stack.push(Frame { node: child, held, child: None })
                }
                Some(held) => work.recycle(held),
                None => self.unreadable(child),
            }
        }
    }

    fn unreadable(&self, node: u32) {
        let (_, number) = self.forest.place(node);
        self.tally.corrupt(u64::from(self.forest.weight(node)), || hex::encode(self.pack.id(number)));
    }

    /// Makes an object out of its base, or inflates it, and shows it. `None` when it cannot be read.
    fn make(&self, node: u32, base: Option<&Held>, work: &mut Workspace) -> Option<Held> {
        let (offset, number) = self.forest.place(node);
        let entry = self.pack.entry(offset)?;
        let id = self.pack.id(number);
        let wanted = (self.visit.wanted)(id) && !self.before.iter().any(|pack| pack.has(id));
        let mut bytes = work.free.pop().unwrap_or_default();
        work.changed.clear();
        match base {
            Some(base) => {
                self.pack.inflate(&entry, WHOLE, &mut work.delta)?;
                let delta = Delta::parse(&work.delta)?;
                if delta.result_size > WHOLE {
                    self.tally.too_large(id, delta.result_size);
                    return None;
                }
                delta.apply(&base.bytes, &mut bytes, &mut work.changed)?;
            }
            None if !self.forest.has_children(node)
                && self.needs_head_only(&entry, id, wanted, &mut bytes)? =>
            {
                return Some(Held::unseen(bytes));
            }
            None => self.pack.inflate(&entry, WHOLE, &mut bytes)?,
        }
        if !wanted {
            // What was made of it in another pack is not kept: few objects, but for bases of what was fetched, are in several.
            return Some(Held::unseen(bytes));
        }
        let seen = self.is_looked_at(&bytes).then_some(number);
        let base = base.filter(|_| seen.is_some()).and_then(|base| Some((base, self.pack.id(base.seen?))));
        let looked = self.show(id, &bytes, base, work);
        Some(Held { bytes: Arc::new(bytes), seen, looked })
    }

    /// Reads no more than the first bytes of an object if they tell all about it, and says what they tell.
    fn needs_head_only(&self, entry: &Entry, id: &[u8], wanted: bool, head: &mut Vec<u8>) -> Option<bool> {
        let size = entry.decompressed_size;
        let is_large = size > self.visit.bound;
        if !is_large && (!wanted || self.visit.kind != Kind::Blob || size <= BINARY_PREFIX as u64) {
            return Some(false);
        }
        if is_large {
            self.pack.inflate_head(entry, BINARY_PREFIX, head)?;
            if wanted && self.is_text(head) {
                self.tally.too_large(id, size);
            }
            return Some(true);
        }
        // An image has a NUL in its first line, and of a text no more than that is read twice.
        self.pack.inflate_head(entry, SIGNATURE, head)?;
        if memchr::memchr(0, head).is_none() {
            return Some(false);
        }
        self.pack.inflate_head(entry, BINARY_PREFIX, head)?;
        let is_passed_over = (self.visit.passed_over)(head);
        if is_passed_over {
            let size = usize::try_from(size).ok()?;
            self.tally.shown(size, size);
            self.visit.look(id, head);
        }
        Some(is_passed_over)
    }

    /// Shows an object, in part if its base was looked at. Returns what it holds.
    fn show(&self, id: &[u8], bytes: &[u8], base: Option<(&Held, &[u8])>, work: &mut Workspace) -> Looked {
        let visit = self.visit;
        if bytes.len() as u64 > visit.bound {
            if self.is_text(bytes) {
                self.tally.too_large(id, bytes.len() as u64);
            }
            return Looked::default();
        }
        match base {
            None => visit.show(id, bytes, self.tally),
            Some((base, base_id)) => {
                let mut taken = take(&base.looked, &work.delta);
                // Scanners of commits read the whole, and an entry of a tree says itself how far it reaches.
                if visit.kind == Kind::Blob {
                    widen(bytes, &mut work.changed);
                    add_near(bytes, &mut work.changed, &mut taken);
                }
                self.tally.shown(bytes.len(), work.changed.iter().map(ExactSizeIterator::len).sum());
                let seen = Seen { id, bytes, changed: &work.changed, base: Some(base_id) };
                visit.hear(id, bytes, join(taken, (visit.visitor)(seen), &work.changed))
            }
        }
    }

    fn is_text(&self, bytes: &[u8]) -> bool {
        self.visit.kind != Kind::Blob || !is_binary(bytes)
    }

    fn is_looked_at(&self, bytes: &[u8]) -> bool {
        bytes.len() as u64 <= self.visit.bound && self.is_text(bytes)
    }
}

impl Kind {
    /// Returns what git's library calls it.
    pub(crate) fn of_library(self) -> git2::ObjectType {
        match self {
            Self::Commit => git2::ObjectType::Commit,
            Self::Tree => git2::ObjectType::Tree,
            Self::Blob => git2::ObjectType::Blob,
            Self::Tag => git2::ObjectType::Tag,
        }
    }
}

/// Tells whether a loose object too large to be shown is binary; `false` when that cannot be told.
fn loose_binary(objects: &git2::Odb<'_>, id: git2::Oid) -> bool {
    use std::io::Read as _;
    let mut prefix = Vec::new();
    let read = objects
        .reader(id)
        .map(|(reader, _, _)| reader.take(BINARY_PREFIX as u64).read_to_end(&mut prefix).is_ok());
    matches!(read, Ok(true)) && is_binary(&prefix)
}
