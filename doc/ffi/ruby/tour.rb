# The tour of doc/ffi/README.md in Ruby, by Fiddle of the standard library.
require 'fiddle'
require 'fiddle/import'

module Genmod
  extend Fiddle::Importer
  dlload 'libgenmod.so.1'
  typealias 'int32_t', 'int'
  typealias 'int64_t', 'long long'
  typealias 'uint64_t', 'unsigned long long'

  extern 'int32_t genmod_version(void)'
  extern 'char *genmod_status_name(int32_t)'
  extern 'int32_t genmod_workspace_new(void *, void *)'
  extern 'char *genmod_workspace_error(void *)'
  extern 'void genmod_workspace_free(void *)'
  extern 'int32_t genmod_config_set_str(void *, char *, char *, void *)'
  extern 'void genmod_config_free(void *)'
  extern 'int32_t genmod_data_new(void *, void *)'
  extern 'int32_t genmod_data_set_rows(void *, int32_t, size_t, size_t, void *, int64_t, int64_t, void *)'
  extern 'void genmod_data_free(void *)'
  extern 'int32_t genmod_report_get(void *, char *, void *)'
  extern 'int32_t gmm_config_new(void *, void *)'
  extern 'int32_t gmm_new(void *, void *, void *)'
  extern 'int32_t gmm_fit(void *, void *, void *, void *, void *)'
  extern 'int32_t gmm_save(void *, size_t, void *, void *, void *)'
  extern 'int32_t gmm_load(void *, size_t, void *, void *)'
  extern 'int32_t gmm_sample(void *, uint64_t, uint64_t, size_t, int32_t, size_t, void *, void *, void *)'
  extern 'void gmm_free(void *)'
  extern 'int32_t vae_config_new(void *, void *)'
  extern 'int32_t vae_new(void *, void *, void *)'
  extern 'int32_t vae_fit(void *, void *, void *, void *, void *, void *)'
  extern 'void *vae_report(void *)'
  extern 'int32_t vae_save(void *, size_t, void *, void *, void *)'
  extern 'int32_t vae_load(void *, size_t, void *, void *)'
  extern 'int32_t vae_sample(void *, uint64_t, uint64_t, size_t, int32_t, void *, int32_t, size_t, void *, void *)'
  extern 'void vae_free(void *)'

  F64 = 2
  DRAW = 1

  class Error < StandardError
    attr_reader :status

    def initialize(status)
      @status = status
      super("#{Genmod.genmod_status_name(status)}: " \
            "#{Genmod.genmod_workspace_error(Genmod.workspace)}")
    end
  end

  class << self
    # What the calls of this thread bring along.
    def workspace
      @workspace ||= make(:genmod_workspace_new, nil, last: [])
    end

    def need(status)
      raise Error, status unless status.zero?
    end

    # A handle from its _new function; Ruby's collector calls the _free function.
    def make(create, *arguments, free: nil, last: [workspace])
      place = "\0" * Fiddle::SIZEOF_VOIDP
      need(send(create, *arguments, place, *last))
      free = Genmod[free.to_s] if free
      Fiddle::Pointer.new(place.unpack1('J'), 0, free)
    end

    def config(family, options)
      c = make(:"#{family}_config_new", free: :genmod_config_free)
      options.each do |key, value|
        need(genmod_config_set_str(c, key.to_s, value.to_s, workspace))
      end
      c
    end

    def save(family, model)
      size = "\0" * Fiddle::SIZEOF_SIZE_T
      send(:"#{family}_save", model, 0, nil, size, workspace) # tells the size
      file = "\0" * size.unpack1('J')
      need(send(:"#{family}_save", model, file.bytesize, file, nil, workspace))
      file
    end

    def load(family, file)
      model = make(:"#{family}_new", nil, free: :"#{family}_free")
      need(send(:"#{family}_load", model, file.bytesize, file, workspace))
      model
    end

    def epochs(report)
      value = "\0" * Fiddle::SIZEOF_DOUBLE
      need(genmod_report_get(report, 'epochs', value))
      value.unpack1('d')
    end

    # Trains, and raises what the block raised: nothing may be raised across C.
    def vae_fit_with(model, rows)
      raised = nil
      types = [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP]
      watch = Fiddle::Closure::BlockCaller.new(Fiddle::TYPE_INT, types) do |report, _|
        yield(report) ? 1 : 0
      rescue Exception => raised
        -1
      end
      status = vae_fit(model, rows, nil, watch, nil, workspace)
      raise raised if raised

      need(status)
    end
  end
end

def tour_gmm(options, rows)
  model = Genmod.make(:gmm_new, options, free: :gmm_free)
  Genmod.need(Genmod.gmm_fit(model, rows, nil, nil, Genmod.workspace))
  loaded = Genmod.load(:gmm, Genmod.save(:gmm, model))
  drawn = "\0" * 64
  Genmod.need(Genmod.gmm_sample(loaded, 7, 0, 4, Genmod::F64, 64, drawn, nil,
                                Genmod.workspace))
  puts "gmm #{drawn.unpack1('H*')}"
end

def tour_vae(options, rows)
  model = Genmod.make(:vae_new, options, free: :vae_free)
  calls = 0
  Genmod.vae_fit_with(model, rows) do |report|
    calls += 1
    Genmod.epochs(report) >= 2
  end
  passes = Genmod.epochs(Genmod.vae_report(model)).to_i
  puts "vae stopped after #{passes} passes, #{calls} calls"
  loaded = Genmod.load(:vae, Genmod.save(:vae, model))
  drawn = "\0" * 64
  Genmod.need(Genmod.vae_sample(loaded, 7, 0, 4, Genmod::DRAW, nil, Genmod::F64, 64,
                                drawn, Genmod.workspace))
  puts "vae #{drawn.unpack1('H*')}"
end

n = 200
puts "version #{Genmod.genmod_version}"
x = (0...n).flat_map do |i|
  [37 * i % 101 / 16.0 + 8 * (i % 2), 53 * i % 97 / 16.0 + 4 * (i % 2)]
end
x = x.pack('d*') # borrowed by the view: it must stay, and stay as it is
rows = Genmod.make(:genmod_data_new, free: :genmod_data_free)
Genmod.need(Genmod.genmod_data_set_rows(rows, Genmod::F64, n, 2, x, 0, 0,
                                        Genmod.workspace))
begin
  Genmod.config(:gmm, componets: 2)
rescue Genmod::Error => e
  puts "error #{e.message}"
end
tour_gmm(Genmod.config(:gmm, components: 2), rows)
tour_vae(Genmod.config(:vae, encoder: 'dense 8; tanh', code: 1, batch_size: 50), rows)
