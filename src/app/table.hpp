#pragma once

/// A table for a terminal: columns as wide as their widest cell, two spaces between.

#include <string>
#include <vector>

namespace carrel {

class Table {
public:
    explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}

    /// As many cells as the head has. Control characters, which would drive the terminal, are made
    /// visible.
    void add(std::vector<std::string> const& row);
    /// Lines without spaces at their ends, the head first.
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace carrel
