//! Where the module of each package is, and how one module names what is in another.

use super::names;

/// How the modules are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A module tree: `mod.rs`, and one file for each package.
    Tree,
    /// One file, named after this package, which has the package's own items at the top and all
    /// other packages as modules inside.
    Single(String),
}

/// What is printed, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How the modules are laid out.
    pub layout: Layout,
    /// Whether each service has a client.
    pub client: bool,
    /// Whether each service has a trait and a server.
    pub server: bool,
}

impl Options {
    /// Everything, in this layout.
    #[must_use]
    pub const fn new(layout: Layout) -> Self {
        Self {
            layout,
            client: true,
            server: true,
        }
    }
}

impl Layout {
    /// The path of the module of `package` below the place where the code is mounted.
    pub(super) fn module(&self, package: &str) -> Vec<String> {
        match self {
            Layout::Single(root) if root == package => Vec::new(),
            Layout::Tree | Layout::Single(_) => package.split('.').map(names::module).collect(),
        }
    }
}

/// How code in module `from` names `item` of module `to`: by `super::` and down again, so that the
/// whole can be mounted anywhere.
pub(super) fn path(from: &[String], to: &[String], item: &str) -> String {
    if from == to {
        return item.to_owned();
    }
    let common = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let mut path = "super::".repeat(from.len() - common);
    for segment in &to[common..] {
        path.push_str(segment);
        path.push_str("::");
    }
    path.push_str(item);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(layout: &Layout, from: &str, to: &str) -> String {
        path(&layout.module(from), &layout.module(to), "X")
    }

    #[test]
    fn modules_name_each_other_relatively() {
        let tree = Layout::Tree;
        assert_eq!(between(&tree, "a.b", "a.b"), "X");
        assert_eq!(between(&tree, "a.b", "a.c"), "super::c::X");
        assert_eq!(between(&tree, "a", "a.type"), "r#type::X");
        assert_eq!(between(&tree, "a.b.c", "d"), "super::super::super::d::X");
    }

    #[test]
    fn the_root_package_of_a_single_file_is_at_its_top() {
        let single = Layout::Single("a.b".to_owned());
        assert_eq!(between(&single, "a.b", "a.c"), "a::c::X");
        assert_eq!(between(&single, "a.c", "a.b"), "super::super::X");
        assert_eq!(between(&single, "a.c", "a.d"), "super::d::X");
    }
}
