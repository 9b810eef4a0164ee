//! Order by a graph: creations, changes and drops are nodes, dependencies are edges.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use petgraph::{
    algo::tarjan_scc,
    graph::{DiGraph, NodeIndex},
    visit::EdgeRef,
};

use super::{
    Cycle, Parts,
    actions::{Action, Actions},
};
use crate::{
    kinds::{self, Context, Inline, Moment as Node},
    schema::{Object, ObjectId, Schema},
};

/// The nodes in an order that works, each with the objects that its statement creates as well.
pub(super) fn order(
    context: Context<'_>,
    actions: &Actions,
) -> Result<Vec<(Node, Vec<ObjectId>)>, Cycle> {
    let mut builder = Builder::new(context, actions);
    builder.absorb();
    builder.connect();
    loop {
        match builder.sort() {
            Ok(order) => return Ok(order),
            Err(circle) => {
                if !builder.split(&circle) {
                    return Err(Cycle(circle.iter().map(|n| n.id().clone()).collect()));
                }
            }
        }
    }
}

struct Builder<'a> {
    context: Context<'a>,
    actions: &'a Actions,
    nodes: BTreeSet<Node>,
    /// A node that is part of another node's statement.
    absorbed: BTreeMap<Node, Node>,
    /// Earlier → later, between nodes before absorption.
    edges: BTreeSet<(Node, Node)>,
    /// Edges that only help and give way when they lead in a circle.
    soft: BTreeSet<(Node, Node)>,
}

impl<'a> Builder<'a> {
    fn new(context: Context<'a>, actions: &'a Actions) -> Self {
        let mut nodes = BTreeSet::new();
        for (id, action) in actions.iter() {
            match action {
                Action::Create => drop(nodes.insert(Node::Create(id.clone()))),
                Action::Drop => drop(nodes.insert(Node::Drop(id.clone()))),
                Action::Alter(_) => drop(nodes.insert(Node::Alter(id.clone()))),
                Action::Replace | Action::Swap => {
                    nodes.insert(Node::Drop(id.clone()));
                    nodes.insert(Node::Create(id.clone()));
                }
            }
        }
        Self {
            context,
            actions,
            nodes,
            absorbed: BTreeMap::new(),
            edges: BTreeSet::new(),
            soft: BTreeSet::new(),
        }
    }

    fn has(&self, node: &Node) -> bool {
        self.nodes.contains(node)
    }

    /// Finds the statements that bring or take other objects along.
    fn absorb(&mut self) {
        let mut found = Vec::new();
        for node in &self.nodes {
            let host = match node {
                Node::Create(id) => self.creating_host(id),
                Node::Drop(id) => self.dropping_host(id),
                Node::Alter(_) => None,
            };
            if let Some(host) = host
                && host != *node
            {
                found.push((node.clone(), host));
            }
        }
        self.absorbed.extend(found);
    }

    fn creating_host(&self, id: &ObjectId) -> Option<Node> {
        let object = self.context.to.get(id)?;
        let kind = kinds::of(id);
        let parent = object.parent.as_ref().map(|p| Node::Create(p.clone()));
        if let Some(parent) = parent.filter(|p| self.has(p)) {
            return (kind.inline(object, self.context.to) != Inline::Never).then_some(parent);
        }
        if !object.flag("inherited") {
            return None;
        }
        kind.implied_by(object, self.context.to).into_iter().map(Node::Create).find(|n| self.has(n))
    }

    fn dropping_host(&self, id: &ObjectId) -> Option<Node> {
        let object = self.context.from.get(id)?;
        let parent = object.parent.as_ref().map(|p| Node::Drop(p.clone()));
        if let Some(parent) = parent.filter(|p| self.has(p)) {
            return Some(parent);
        }
        let kind = kinds::of(id);
        let freed = kind.freed_by(object, self.context.from).is_some_and(|by| {
            let part = self.context.from.get(&by).is_some_and(|o| o.parent.as_ref() == Some(id));
            !part && self.has(&Node::Drop(by))
        });
        kind.implied_by(object, self.context.from)
            .into_iter()
            .map(Node::Drop)
            .find(|n| self.has(n) && !freed)
    }

    /// The node whose statement stands for this one.
    fn root(&self, node: &Node) -> Node {
        let mut at = node;
        while let Some(host) = self.absorbed.get(at) {
            at = host;
        }
        at.clone()
    }

    fn edge(&mut self, earlier: Node, later: Node) {
        if earlier != later && self.has(&earlier) && self.has(&later) {
            self.edges.insert((earlier, later));
        }
    }

    fn connect(&mut self) {
        for node in self.nodes.clone() {
            match &node {
                Node::Create(id) | Node::Alter(id) => self.after_support(&node, id),
                Node::Drop(_) => {}
            }
            match &node {
                Node::Drop(id) | Node::Alter(id) => self.before_support_goes(&node, id),
                Node::Create(_) => {}
            }
            if let Node::Create(id) = &node {
                // What is part of a type that is put aside goes with the old one.
                let parent = self.context.to.get(id).and_then(|o| o.parent.as_ref());
                let swap = [Some(id), parent]
                    .iter()
                    .flatten()
                    .any(|id| self.actions.get(id) == Some(&Action::Swap));
                let drop = Node::Drop(id.clone());
                if swap {
                    self.edge(node.clone(), drop);
                } else {
                    self.edge(drop, node.clone());
                }
            }
        }
        self.connect_names();
        self.connect_kinds();
        self.connect_bodies();
    }

    /// What an object needs is there, in its new form, before the object.
    fn after_support(&mut self, node: &Node, id: &ObjectId) {
        let Some(object) = self.context.to.get(id) else { return };
        if matches!(node, Node::Alter(_)) {
            for host in kinds::of(id).implied_by(object, self.context.to) {
                self.edge(Node::Alter(host), node.clone());
            }
        }
        for dep in &object.deps {
            self.edge(Node::Create(dep.clone()), node.clone());
            self.edge(Node::Alter(dep.clone()), node.clone());
        }
    }

    /// What an object needed stays as it was until the object has let go of it.
    fn before_support_goes(&mut self, node: &Node, id: &ObjectId) {
        let Some(object) = self.context.from.get(id) else { return };
        let dropping = matches!(node, Node::Drop(_));
        for dep in &object.deps {
            self.edge(node.clone(), Node::Drop(dep.clone()));
            let swapped_end = dropping && self.actions.get(id) == Some(&Action::Swap);
            if dropping && !swapped_end {
                self.edge(node.clone(), Node::Alter(dep.clone()));
            }
        }
    }

    /// A name is free before it is taken: relations share one namespace.
    fn connect_names(&mut self) {
        let mut freed: BTreeMap<Vec<String>, Vec<Node>> = BTreeMap::new();
        let names = |object: &Object| {
            let kind = kinds::of(&object.id);
            let mut names = kind.relation_names(object);
            if !kind.set_aside(object, "").is_empty() {
                names.push(object.id.path.clone());
            }
            names
        };
        let (from, to) = (self.context.from, self.context.to);
        let held = |state: &'a Schema, id: &ObjectId| state.get(id).map_or_else(Vec::new, names);
        for node in &self.nodes {
            let id = node.id();
            let names = match node {
                Node::Drop(_) if self.actions.get(id) == Some(&Action::Swap) => Vec::new(),
                Node::Drop(_) => held(from, id),
                Node::Alter(_) => without(held(from, id), &held(to, id)),
                Node::Create(_) => Vec::new(),
            };
            for name in names {
                freed.entry(name).or_default().push(node.clone());
            }
        }
        for node in self.nodes.clone() {
            let id = node.id();
            let names = match node {
                Node::Create(_) => held(to, id),
                Node::Alter(_) => without(held(to, id), &held(from, id)),
                Node::Drop(_) => Vec::new(),
            };
            for earlier in names.iter().filter_map(|name| freed.get(name)).flatten() {
                if earlier.id() != id {
                    self.edge(earlier.clone(), node.clone());
                }
            }
        }
    }

    /// What the kinds themselves know about order.
    fn connect_kinds(&mut self) {
        for node in self.nodes.clone() {
            let object = match &node {
                Node::Drop(id) => self.context.from.get(id),
                Node::Alter(id) | Node::Create(id) => self.context.to.get(id),
            };
            let Some(object) = object else { continue };
            for (earlier, later) in kinds::of(&object.id).order(object, &self.context) {
                self.edge(earlier, later);
            }
        }
    }

    /// A body that PostgreSQL does not look into may be run as soon as something that calls it is
    /// created: what it names should be there.
    fn connect_bodies(&mut self) {
        let mut by_name: BTreeMap<&str, Vec<Node>> = BTreeMap::new();
        for node in &self.nodes {
            if let Node::Create(id) = node
                && kinds::is_in_namespace(id)
                && self.context.to.get(id).is_some_and(|o| o.parent.is_none())
            {
                // Namespace, then name; routines end with their argument types.
                if let Some(name) = id.path.get(1) {
                    by_name.entry(name.as_str()).or_default().push(node.clone());
                }
            }
        }
        let mut soft = BTreeSet::new();
        for node in &self.nodes {
            let (Node::Create(id) | Node::Alter(id)) = node else { continue };
            let Some(body) = self.context.to.get(id).and_then(|o| o.text("body")) else { continue };
            let words = body.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            for earlier in words.filter_map(|w| by_name.get(w)).flatten() {
                if earlier != node {
                    soft.insert((earlier.clone(), node.clone()));
                }
            }
        }
        self.soft = soft;
    }

    /// Sorts, or names a circle.
    fn sort(&self) -> Result<Vec<(Node, Vec<ObjectId>)>, Vec<Node>> {
        let mut graph: DiGraph<Node, ()> = DiGraph::new();
        let mut index: BTreeMap<Node, NodeIndex> = BTreeMap::new();
        let mut parts: Parts = BTreeMap::new();
        for node in &self.nodes {
            let root = self.root(node);
            if root == *node {
                index.insert(node.clone(), graph.add_node(node.clone()));
            } else if let (Node::Create(id), Node::Create(_)) = (node, &root)
                && self.is_part(id)
            {
                parts.entry(root).or_default().push(id.clone());
            }
        }
        for (earlier, later) in self.edges.iter().chain(&self.soft) {
            let (a, b) = (self.root(earlier), self.root(later));
            if a != b {
                graph.update_edge(index[&a], index[&b], ());
            }
        }
        if let Some(circle) = tarjan_scc(&graph).into_iter().find(|c| c.len() > 1) {
            return Err(circle.into_iter().map(|i| graph[i].clone()).collect());
        }
        Ok(self.topological(&graph, parts))
    }

    /// Whether an absorbed object is written by its host's statement, not only implied by it.
    fn is_part(&self, id: &ObjectId) -> bool {
        let Some(object) = self.context.to.get(id) else { return false };
        object.parent.as_ref().is_some_and(|p| self.has(&Node::Create(p.clone())))
    }

    fn topological(
        &self,
        graph: &DiGraph<Node, ()>,
        mut parts: Parts,
    ) -> Vec<(Node, Vec<ObjectId>)> {
        let mut waiting: Vec<usize> = graph
            .node_indices()
            .map(|i| graph.edges_directed(i, petgraph::Incoming).count())
            .collect();
        let mut ready: BinaryHeap<Reverse<(Priority, usize)>> = graph
            .node_indices()
            .filter(|i| waiting[i.index()] == 0)
            .map(|i| Reverse((self.priority(&graph[i]), i.index())))
            .collect();
        let mut out = Vec::with_capacity(graph.node_count());
        while let Some(Reverse((_, at))) = ready.pop() {
            let at = NodeIndex::new(at);
            let node = graph[at].clone();
            let own = parts.remove(&node).unwrap_or_default();
            for edge in graph.edges(at) {
                let next = edge.target();
                waiting[next.index()] -= 1;
                if waiting[next.index()] == 0 {
                    ready.push(Reverse((self.priority(&graph[next]), next.index())));
                }
            }
            out.push((node, own));
        }
        out
    }

    /// Columns go by their place in the table, everything else by name.
    fn priority(&self, node: &Node) -> Priority {
        let rank = i64::try_from(kinds::rank(node.id())).unwrap_or(i64::MAX);
        let (later, rank, object) = match node {
            Node::Drop(id) => (false, -rank, self.context.from.get(id)),
            Node::Alter(id) | Node::Create(id) => (true, rank, self.context.to.get(id)),
        };
        let parent = object.and_then(|o| o.parent.as_ref());
        let group = parent.map_or_else(Vec::new, |p| p.path.clone());
        (later, rank, group, object.map_or(0, |o| o.position), node.id().path.clone())
    }

    /// Breaks a circle: first edges that only help, then objects that can stand apart.
    fn split(&mut self, circle: &[Node]) -> bool {
        let circle: BTreeSet<&Node> = circle.iter().collect();
        let inside = |builder: &Self, node: &Node| circle.contains(&builder.root(node));
        let soft: Vec<_> =
            self.soft.iter().filter(|(a, b)| inside(self, a) && inside(self, b)).cloned().collect();
        if !soft.is_empty() {
            for edge in &soft {
                self.soft.remove(edge);
            }
            return true;
        }
        let mut apart: BTreeSet<Node> = self
            .edges
            .iter()
            .filter(|(a, b)| inside(self, a) && inside(self, b) && self.root(a) != self.root(b))
            .map(|(a, b)| if matches!(a, Node::Drop(_)) { a } else { b })
            .filter(|n| self.absorbed.contains_key(n) && self.may_stand_apart(n))
            .cloned()
            .collect();
        // What is freed before does not go along: a sequence that its column no longer owns.
        for node in apart.clone() {
            if let Node::Drop(id) = &node
                && let Some(parent) = self.context.from.get(id).and_then(|o| o.parent.as_ref())
                && let Some(object) = self.context.from.get(parent)
                && kinds::of(parent).freed_by(object, self.context.from).as_ref() == Some(id)
            {
                apart.insert(Node::Drop(parent.clone()));
            }
        }
        for node in &apart {
            self.absorbed.remove(node);
            self.after_host(node);
        }
        !apart.is_empty()
    }

    fn may_stand_apart(&self, node: &Node) -> bool {
        match node {
            Node::Create(id) => {
                self.context
                    .to
                    .get(id)
                    .is_some_and(|o| kinds::of(id).inline(o, self.context.to) == Inline::May)
                    && self.is_part(id)
            }
            Node::Drop(id) => self.context.from.get(id).is_some_and(|o| {
                o.parent.is_some()
                    && kinds::of(id).inline(o, self.context.from) != Inline::Must
                    && kinds::of(id).implied_by(o, self.context.from).is_empty()
            }),
            Node::Alter(_) => false,
        }
    }

    /// An object that stands apart is created after its parent and dropped before it.
    fn after_host(&mut self, node: &Node) {
        match node {
            Node::Create(id) => {
                if let Some(parent) = self.context.to.get(id).and_then(|o| o.parent.clone()) {
                    self.edge(Node::Create(parent), node.clone());
                }
            }
            Node::Drop(id) => {
                if let Some(parent) = self.context.from.get(id).and_then(|o| o.parent.clone()) {
                    self.edge(node.clone(), Node::Drop(parent));
                }
            }
            Node::Alter(_) => {}
        }
    }
}

fn without(names: Vec<Vec<String>>, kept: &[Vec<String>]) -> Vec<Vec<String>> {
    names.into_iter().filter(|name| !kept.contains(name)).collect()
}

/// Drops first, in the reverse order of kinds; then the rest, kind by kind.
type Priority = (bool, i64, Vec<String>, i32, Vec<String>);
