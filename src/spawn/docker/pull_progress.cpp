#include "spawn/docker/pull_progress.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

using nlohmann::json;

namespace {

constexpr double megabyte = 1e6;
/// Of the way: loading is most of it, unpacking the rest.
constexpr double loading_share = 0.7;

double number(json const& object, char const* key) {
    auto const found = object.find(key);
    return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string text(json const& object, char const* key) {
    auto const found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

void PullProgress::take(std::string_view line) {
    auto const report = json::parse(line, nullptr, false);
    if (!report.is_object()) return;
    std::scoped_lock const lock(mutex_);
    if (auto error = text(report, "error"); !error.empty()) {
        error_ = for_log(error, 400);
        return;
    }
    auto const status = text(report, "status");
    auto const id = text(report, "id");
    if (id.empty()) return;
    auto const detail = report.value("progressDetail", json::object());
    auto const current = detail.is_object() ? number(detail, "current") : 0;
    auto const total = detail.is_object() ? number(detail, "total") : 0;
    if (status == "Downloading" || status == "Extracting") {
        auto& layer = layers_[id];
        layer.total = std::max({layer.total, total, current});
        (status == "Downloading" ? layer.loaded : layer.unpacked) = current;
    } else if (status == "Download complete" || status == "Pull complete") {
        auto const found = layers_.find(id);
        if (found == layers_.end()) return;
        found->second.loaded = found->second.total;
        if (status == "Pull complete") found->second.unpacked = found->second.total;
    }
}

PullProgress::Figures PullProgress::figures() const {
    std::scoped_lock const lock(mutex_);
    Layer sum;
    for (auto const& [id, layer] : layers_) {
        sum.total += layer.total;
        sum.loaded += std::max(layer.loaded, layer.unpacked);
        sum.unpacked += layer.unpacked;
    }
    Figures figures{.percent = 0, .message = "Fetching the image", .error = error_};
    if (sum.total > 0) {
        auto const done = loading_share * sum.loaded + (1 - loading_share) * sum.unpacked;
        // A layer that becomes known later makes the whole longer; nobody wants to see that.
        most_ = std::max(most_, std::clamp(static_cast<int>(100 * done / sum.total), 0, 100));
        figures.message = sum.loaded < sum.total
                              ? fmt::format("Fetching the image: {:.0f} of {:.0f} MB",
                                            sum.loaded / megabyte, sum.total / megabyte)
                              : fmt::format("Unpacking the image: {:.0f} of {:.0f} MB",
                                            sum.unpacked / megabyte, sum.total / megabyte);
    }
    figures.percent = most_;
    return figures;
}

}  // namespace carrel
