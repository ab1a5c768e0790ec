#include "runtime/subprocess.hpp"
