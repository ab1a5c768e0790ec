#pragma once

/// The same for tests.

#include "standard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
