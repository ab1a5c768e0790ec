#include "app/demo/demo.hpp"

#include "app/demo/scenario.hpp"
#include "base/random.hpp"

namespace carrel {

Result<> run_demo(SettingsFlags const& flags) {
    TRY(auto const settings, settings_from(flags));
    if (settings.environments.empty())
        return fail(
            Code::InvalidArgument,
            "the demo needs an environment to start; name a file that has one with --config");
    Timeline timeline;
    auto const password = SystemRandom().secret(12);
    std::unique_ptr<DemoPlatform> platform;
    timeline.chapter("A platform of its own");
    TRY_VOID(timeline.step("carrel serve on a free port", [&]() -> Result<> {
        TRY(platform, DemoPlatform::start(flags, password));
        return {};
    }));
    Scenario scenario(*platform, timeline, password);
    auto const played = scenario.play();
    timeline.chapter("Good night");
    auto const stopped =
        timeline.step("Ctrl-C stops everything cleanly", [&] { return platform->stop(); });
    if (!played || !stopped)
        return fail(Code::Internal, "the demo failed; its data and log are kept in {}",
                    platform->data().string());
    platform->discard();
    fmt::print(
        "\nEverything as it should be, in {:.1f} s. From the click to a usable JupyterLab: {:.2f} "
        "s.\n",
        timeline.seconds(), scenario.click_to_lab_seconds());
    return {};
}

}  // namespace carrel
