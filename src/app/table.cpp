#include "app/table.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr size_t widest_cell = 2000;  // bytes; a description at most

/// Characters, taking each as one column wide.
size_t width_of(std::string const& text) {
    return static_cast<size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

void Table::add(std::vector<std::string> const& row) {
    auto& cells = rows_.emplace_back();
    for (auto const& cell : row) cells.push_back(for_log(cell, widest_cell));
}

std::string Table::text() const {
    std::vector<size_t> widths(rows_.front().size());
    for (auto const& row : rows_)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    std::string text;
    for (auto const& row : rows_) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i)
            line += row[i] + std::string(widths[i] - width_of(row[i]) + 2, ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace carrel
